import type { Ms } from '../model/time.ts';

/** A lease is taken over only this long after its end: room for clocks that disagree. */
export const takeOverGraceMs: Ms = 5_000;
/** How long a doorbell may take before discovery rings again; doubles with each look. */
export const dispatchGraceMs: Ms = 60_000;
/** Looks are never further apart. */
export const lookPauseMaxMs: Ms = 900_000;
/** How long a node that waits for a slot is left alone at least: whoever frees one rings it. */
export const limitLookMsMin: Ms = 60_000;
/** The longest delay of a message. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html */
export const messageDelayMaxMs: Ms = 900_000;
/** How often a run is looked at that waits for something that will be told: only in case that this was lost. */
export const idleLookMs: Ms = 86_400_000;
/** Signals that nobody has waited for yet. */
export const signalsMax = 64;
/** How many ids of signals a run remembers. */
export const signalIdsMax = 64;
/** Runs that wait for one run. */
export const dependentsMax = 256;
/** How soon a message comes back that this worker's version cannot serve. */
export const foreignDeferMs: Ms = 30_000;
