import type { Guard, Transition } from '../../lib/model/transition.ts';
import { pathOf } from '../../lib/testing/tree-writes.ts';
import { missedGuards, missedTogether } from './missed-guards.ts';
import { missedWaitingGuards, missedWaitingTogether } from './missed-waiting-guards.ts';
import type { Mutation } from './scenario.ts';
import type { Over } from './scenarios.ts';

/** A way to break the protocol. It is noticed in the scenario named, or nothing is broken by it, for the reason given. */
export interface Mutant {
  readonly mutation: Mutation;
  readonly scenario: string;
  /** What must be different in the scenario. */
  readonly over?: Over;
  readonly equivalent?: string;
  /** Whether what is taken away is there at all: no write may have it, whatever the guard would refuse. */
  readonly isUnmet?: true;
}

/**
 * Guards that are missed only where a request is held up on its way while its sender goes on: here every sender waits
 * for its answer or is gone. The simulation has such requests, and shows that these are missed.
 */
export const simulatedGuards: readonly string[] = ['renew.longer'];

/** Where each other guard is missed, or why it is not. */
const guards = { ...missedGuards, ...missedWaitingGuards };

const without = (names: readonly string[]) => (transition: Transition) => ({
  ...transition,
  guards: transition.guards.filter(({ guard }) => !names.includes(guard)),
});

/** Replaces the updates of one transition. */
const spoil = (
  name: string,
  path: string,
  change: (updates: Transition['updates']) => Transition['updates'],
) =>
  ({
    name: `${name}: ${path}`,
    transition: (transition: Transition) =>
      transition.name === name ? { ...transition, updates: change(transition.updates) } : transition,
  }) satisfies Mutation;

/** The transition without its updates of what the path ends in. */
const leave = (name: string, last: string) =>
  spoil(name, `leaves ${last}`, (updates) => updates.filter((update) => pathOf(update).at(-1) !== last));

const sooner = (guard: Guard): Guard =>
  guard.guard.endsWith('.expired') && 'value' in guard && typeof guard.value === 'number'
    ? ({ ...guard, value: guard.value + 5_000 } as Guard)
    : guard;

/** The look or the end of a fork taken from where a write leaves it. */
const workflowMistakes: readonly Mutant[] = [
  { scenario: 'fork: crashes', mutation: leave('pathCommit', 'ends') },
  { scenario: 'fork: crashes', mutation: leave('commit', 'ends') },
  { scenario: 'fork in fork', mutation: leave('join', 'epoch') },
  { scenario: 'loop', mutation: leave('commit', 'iteration') },
  { scenario: 'loop', mutation: leave('commit', 'output') },
  { scenario: 'fork: lost responses', over: { inline: 'never' }, mutation: leave('join', 'rev') },
];

/** Mistakes that are no missing guards. */
const mistakes: readonly Mutant[] = [
  ...workflowMistakes,
  { scenario: 'crashes', mutation: leave('claim', 'epoch') },
  { scenario: 'crashes', mutation: leave('takeOver', 'epoch') },
  { scenario: 'crashes', mutation: leave('takeOver', 'attempt') },
  { scenario: 'crashes', mutation: leave('retry', 'lease') },
  { scenario: 'crashes', mutation: leave('commit', 'phase') },
  { scenario: 'crashes', mutation: leave('exhaust', 'phase') },
  { scenario: 'crashes', mutation: leave('look', 'at') },
  { scenario: 'cancel', mutation: leave('cancel', 'rev') },
  { scenario: 'two cancels', mutation: leave('cancel', 'at') },
  { scenario: 'cancel', mutation: leave('finaliseCancel', 'status') },
  {
    scenario: 'skewed clocks',
    mutation: {
      name: 'no grace for clocks that are ahead',
      transition: (transition) => ({ ...transition, guards: transition.guards.map(sooner) }),
      seen: (run) => ({
        ...run,
        nodes: Object.fromEntries(
          Object.entries(run.nodes).map(([id, node]) =>
            node.status === 'running'
              ? [id, { ...node, lease: { ...node.lease, until: node.lease.until - 5_000 } }]
              : [id, node],
          ),
        ),
      }),
    },
  },
  {
    scenario: 'one key, three submissions',
    mutation: { name: 'another payload under the same key', slip: 'resubmission unchecked' },
  },
  {
    scenario: 'renewals',
    mutation: { name: 'a refused renewal is ignored', slip: 'refused renewal kept' },
    equivalent: 'what the holder writes later is fenced by itself; it only works in vain',
  },
  {
    scenario: 'hop limit',
    mutation: { name: 'no doorbell after a lost response', slip: 'hand-back done is dropped' },
    equivalent: 'as if the message were lost: the look is in time already',
  },
];

export const listedGuards: readonly string[] = [...Object.keys(guards), ...simulatedGuards];

export const mutants: readonly Mutant[] = [
  ...Object.entries(guards).map(([name, found]): Mutant => {
    const mutation = { name: `without ${name}`, transition: without([name]) };
    if (typeof found === 'string') return { mutation, scenario: found };
    const { in: scenario = 'long leases', over } = found;
    const mutant = { mutation, scenario, ...(over && { over }) };
    if ('never' in found) return { ...mutant, equivalent: found.never, isUnmet: true };
    return { ...mutant, ...('why' in found && { equivalent: found.why }) };
  }),
  ...[...missedTogether, ...missedWaitingTogether].map(({ off, ...where }) => ({
    ...where,
    mutation: { name: `without ${off.join(', ')}`, transition: without(off) },
  })),
  ...mistakes,
];
