import { again, decision, defineTask, defineWorkflow, done } from 'holdfast';
import * as z from 'zod';

/** One workflow of each kind of node, over numbers, for many runs side by side. */

const number = z.int();

/** Kills its process now and then, the first time. */
export const plus = defineTask({
  name: 'plus',
  input: number,
  lease: '10s',
  run: (n, { attempt }) => {
    if (attempt === 1 && n % killsEach === killsEach - 1) process.kill(process.pid, 'SIGKILL');
    return n + 1;
  },
});
/** Of so many numbers one is deadly. */
const killsEach = 100;

const twice = defineTask({ name: 'twice', input: number, run: (n) => n * 2 });
export const rationed = defineTask({
  name: 'rationed',
  input: number,
  limit: { concurrency: 3 },
  run: (n) => -n,
});
const round = defineTask({
  name: 'round',
  input: number,
  output: decision({ again: number, done: number }),
  run: (n, { iteration = 0 }) => (iteration === 3 ? done(n + 100) : again(n + 100)),
});

export const chain = defineWorkflow('chain', { input: number })
  .step(twice)
  .map('three-more', (n) => n + 3)
  .step(twice, { id: 'again' })
  .build();
export const forked = defineWorkflow('forked', { input: number })
  .fork({ a: (b) => b.step(twice), b: (b) => b.step(twice).step(twice, { id: 'once-more' }) })
  .join('sum', ({ a, b }) => a + b)
  .build();
export const branched = defineWorkflow('branched', { input: number })
  .branch('parity', (n) => (n % 2 === 0 ? 'even' : 'odd'), {
    even: (b) => b.step(twice),
    odd: (b) => b.map('as-it-is', (n) => -n),
  })
  .build();
export const looped = defineWorkflow('looped', { input: number })
  .loop('rounds', (b) => b.step(round), { maxIterations: 5 })
  .build();
export const delayed = defineWorkflow('delayed', { input: number }).delay('rest', '2s').step(twice).build();
export const signalled = defineWorkflow('signalled', { input: number })
  .awaitSignal('go', { schema: number, merge: (n, more) => n + more })
  .step(twice)
  .build();
export const parental = defineWorkflow('parental', { input: number }).child(chain).step(twice).build();

const chained = (n: number) => (n * 2 + 3) * 2;

/** What comes with each signal. */
export const signalledMore = 1_000;

/** What each makes of a number, by the plain reading of its definition. */
export const meanings: Readonly<Record<string, (n: number) => number>> = {
  plus: (n) => n + 1,
  rationed: (n) => -n,
  chain: chained,
  forked: (n) => n * 2 + n * 4,
  branched: (n) => (n % 2 === 0 ? n * 2 : -n),
  looped: (n) => n + 300,
  delayed: (n) => n * 2,
  signalled: (n) => (n + signalledMore) * 2,
  parental: (n) => chained(n) * 2,
};
