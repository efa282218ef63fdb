import type { Ms } from '../model/time.ts';

/*
 * V8 ends the whole process, not the thread, when a single step (a growing map, a long string) takes a thread's heap
 * more than a little beyond its limit. So that limit lies far above where a thread is ended by those who look at it:
 *
 *   what is kept ──garbage beside it──▶ bound: ended when it is looked at ──one large step──▶ V8's limit
 */
const stepMib = 512;
/** Before V8 collects, there is about as much garbage as is kept, and this: measured with Node 24. */
const garbageMib = 192;
const mebibyte = 1_048_576;

/** How often the heaps of busy threads are looked at. */
export const memoryLookMs: Ms = 50;

const boundMib = (memoryMib: number): number => 2 * memoryMib + garbageMib;

/** For the options of a thread whose heap is looked at. */
export const heapLimits = (memoryMib: number): { readonly maxOldGenerationSizeMb: number } => ({
  maxOldGenerationSizeMb: boundMib(memoryMib) + stepMib,
});

/** Whether code has more than it may keep, whatever of it is garbage. */
export const isTooMuch = (bytes: number, memoryMib: number): boolean =>
  bytes > boundMib(memoryMib) * mebibyte;
