import type {
  ElementShape,
  ForkShape,
  LoopShape,
  Sequence,
  Shape,
  SignalShape,
} from '../../lib/model/definition.ts';
import type { DefinitionHash } from '../../lib/model/ids.ts';

/* Small shapes of every kind of node, for what plays all that can happen to them. */

const workflow = (...body: Sequence): Shape => ({ kind: 'workflow', name: 'w', body });
const step = (id: string): ElementShape => ({ kind: 'step', id, task: 't' });
const delay = (id: string, minutes: number): ElementShape => ({
  kind: 'delay',
  id,
  delayMs: minutes * 60_000,
});
const fork = (id: string, branches: Readonly<Record<string, Sequence>>): ForkShape => ({
  kind: 'fork',
  id,
  branches: Object.entries(branches).map(([name, body]) => ({ name, body })),
  join: { kind: 'map', id },
});
const loop = (id: string, maxIterations: number, ...body: Sequence): LoopShape => ({
  kind: 'loop',
  id,
  body,
  maxIterations,
  onMax: 'fail',
});
/** Waits for a signal called as its id, for so many minutes, or for ever. */
const signal = (id: string, minutes?: number, onTimeout?: Sequence): SignalShape => ({
  kind: 'signal',
  id,
  signal: id,
  ...(minutes !== undefined && { timeoutMs: minutes * 60_000 }),
  ...(onTimeout && { onTimeout }),
});
const child = (id: string): ElementShape => ({
  kind: 'child',
  id,
  workflow: 'other',
  hash: 'other' as DefinitionHash,
});

export const chain = workflow(step('a'), step('b'));
export const longChain = workflow(step('a'), step('b'), step('c'), step('d'));
export const pause = workflow(step('a'), delay('pause', 1), step('b'));
export const longPause = workflow(delay('pause', 20), step('b'));
/** A route with a body, one without, and no other. */
export const routes = workflow(
  {
    kind: 'branch',
    id: 'r',
    routes: [
      { key: 'go', body: [step('a')] },
      { key: 'skip', body: [] },
    ],
  },
  step('b'),
);
export const forked = workflow(fork('f', { x: [step('a')], y: [step('b')] }));
export const forkedBetween = workflow(step('s'), fork('f', { x: [step('a')], y: [step('b')] }), step('t'));
export const longBranch = workflow(fork('f', { x: [step('a'), step('b')], y: [step('c')] }));
/** A branch of three nodes beside short ones. */
export const branchOfThree = workflow(
  fork('f', { x: [step('a'), step('b'), step('c')], y: [step('d')], z: [step('e')] }),
);
export const forkInFork = workflow(
  fork('f', { x: [fork('g', { p: [step('a')], q: [step('b')] })], y: [step('c')] }),
);
export const loopInBranch = workflow(fork('f', { x: [loop('l', 2, step('a'))], y: [step('b')] }));
export const mixedFork = workflow(
  fork('f', {
    x: [loop('l', 2, step('a'))],
    y: [{ kind: 'branch', id: 'r', routes: [{ key: 'go', body: [step('b')] }], otherwise: [delay('d', 1)] }],
  }),
);
export const loopAlone = workflow(loop('l', 2, step('a')));
export const looped = workflow(loop('l', 2, step('a')), step('b'));
/** Whose decision is made on a route. */
export const routeInLoop = workflow(
  loop('l', 2, { kind: 'branch', id: 'r', routes: [{ key: 'go', body: [step('a')] }] }),
);
export const longLoop = workflow({ ...loop('l', 2, step('a'), step('b')), onMax: 'exitWithLast' });
export const forkInLoop = workflow(loop('l', 2, fork('f', { x: [step('a')], y: [step('b')] })));
export const forkThenDecision = workflow(
  loop('l', 2, fork('f', { x: [step('a')], y: [step('b')] }), step('c')),
);

/** The run fails when it does not come. */
export const awaiting = workflow(signal('s', 2), step('b'));
/** Nothing but a signal moves it. */
export const awaitingForEver = workflow(step('a'), signal('s'));
export const awaitingOrElse = workflow(step('a'), signal('s', 2, [step('late')]), step('b'));
/** When it does not come, the value goes on as it is. */
export const awaitingOrNot = workflow(signal('s', 2, []), step('b'));
/** Two that take from one another, unless each has its own. */
export const awaitingTwice = workflow(signal('s', 2, []), { ...signal('t', 2, []), signal: 's' });
export const awaitingInBranch = workflow(fork('f', { x: [signal('s', 2, [])], y: [step('b')] }));
export const awaitingLaterInBranch = workflow(
  fork('f', { x: [step('a'), signal('s', 2, [step('late')])], y: [step('b')] }),
);
export const awaitingInLoop = workflow(loop('l', 2, signal('s', 2, []), step('a')));
export const parent = workflow(child('c'), step('b'));
export const parentLater = workflow(step('a'), child('c'));
export const childInBranch = workflow(fork('f', { x: [child('c')], y: [step('b')] }));
export const childInLoop = workflow(loop('l', 2, child('c'), step('a')));
