/*
 * For threads that do nothing but play histories: leaves out what costs more than most of what happens in one, and
 * nobody reads.
 */

// Most of the errors of a history are made to be met.
Error.stackTraceLimit = 0;

// Of what attempts take, each is asked of the system.
const usage = process.resourceUsage();
const whole = process.memoryUsage();
const memory = Object.assign(() => whole, { rss: () => whole.rss });
process.resourceUsage = () => usage;
process.memoryUsage = memory;

export {};
