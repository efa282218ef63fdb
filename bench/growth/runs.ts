import type { Definition } from '../../lib/define/registry.ts';
import { startHoldfast } from '../stack/holdfast.ts';
import { openStack } from '../stack/stack.ts';
import { addOne } from '../tasks/work.ts';
import type { Growth, Measure } from './growth.ts';
import { meter } from './shared.ts';
import { chainOf, giveBack, loop, narrowForkOf, wideForkOf } from './work.ts';

const inFlight = 16;
const ofRun: readonly Measure[] = [
  { name: 'a run', unit: 'ms', grows: 'with the work' },
  { name: 'its requests', unit: 'requests', grows: 'with the work' },
];

/** What one run takes as it grows. */
interface RunGrowth extends Pick<Growth, 'name' | 'of' | 'amounts'> {
  readonly repetitions: number;
  /** What is submitted for this amount, and with what. */
  readonly work: (amount: number) => { readonly definition: Definition; readonly input: unknown };
}

const growths: readonly RunGrowth[] = [
  {
    name: 'nodes of a run, one after the other',
    of: 'steps',
    amounts: { quick: [5, 50], full: [5, 50, 500] },
    repetitions: 5,
    work: cached((steps) => ({ definition: chainOf(steps), input: 0 })),
  },
  {
    name: 'a fork, its branches nodes of one run',
    of: 'branches',
    amounts: { quick: [4, 16], full: [4, 16, 64] },
    repetitions: 5,
    work: cached((width) => ({ definition: narrowForkOf(width), input: 1 })),
  },
  {
    name: 'a fork, its branches child runs that fork again',
    of: 'branches in all',
    amounts: { quick: [16, 64], full: [16, 100, 1_024] },
    repetitions: 3,
    work: cached((width) => ({ definition: wideForkOf(Math.sqrt(width)), input: 1 })),
  },
  {
    name: 'a loop',
    of: 'iterations',
    amounts: { quick: [10, 100], full: [10, 100, 1_000] },
    repetitions: 3,
    work: (rounds) => ({ definition: loop, input: rounds }),
  },
  {
    name: 'a task that gives back what it gets',
    of: 'bytes of its input',
    amounts: { quick: [1_000, 100_000], full: [1_000, 10_000, 100_000, 1_000_000, 10_000_000] },
    repetitions: 5,
    work: (bytes) => ({ definition: giveBack, input: 'x'.repeat(bytes - 2) }),
  },
];

/** @param endpoint of a DynamoDB; else that of the embedded runtime */
export const growingRuns = (endpoint: string | undefined): readonly Growth[] =>
  growths.map(({ repetitions, work, ...about }) => ({
    ...about,
    measures: ofRun,
    async prepare() {
      const stack = await openStack(endpoint);
      return {
        async measure(amount) {
          const { definition, input } = work(amount);
          await using holdfast = await startHoldfast(stack.env, { definition, addOne }, inFlight);
          // What comes once only: the shape of the definition.
          await holdfast.run(definition, input);
          const { ms, requests } = await meter(repetitions, () => holdfast.run(definition, input));
          return [ms, requests];
        },
        [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
      };
    },
  }));

/** A definition is made once: it is known by what it is, not by what it is like. */
function cached<T>(make: (amount: number) => T): (amount: number) => T {
  const made = new Map<number, T>();
  return (amount) => {
    const known = made.get(amount) ?? make(amount);
    made.set(amount, known);
    return known;
  };
}
