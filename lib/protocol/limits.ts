import type { Ms } from '../model/time.ts';

/** A lease is taken over only this long after its end: room for clocks that disagree. */
export const takeOverGraceMs: Ms = 5_000;
/** How long a doorbell may take before discovery rings again; doubles with each look. */
export const dispatchGraceMs: Ms = 60_000;
/** Looks are never further apart. */
export const lookPauseMaxMs: Ms = 900_000;
/** The longest delay of a message. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-delay-queues.html */
export const messageDelayMaxMs: Ms = 900_000;
/** How soon a message comes back that this worker's version cannot serve. */
export const foreignDeferMs: Ms = 30_000;
