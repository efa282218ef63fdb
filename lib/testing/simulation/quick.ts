/*
 * For threads that do nothing but play histories: leaves out what costs more than most of what happens in one, and
 * nobody reads.
 */
import './still-usage.ts';

// Most of the errors of a history are made to be met.
Error.stackTraceLimit = 0;
