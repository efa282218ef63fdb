import type { Guard, Transition } from '../../lib/model/transition.ts';
import { pathOf } from '../../lib/testing/tree-writes.ts';
import type { Mutation } from './scenario.ts';
import type { Over } from './scenarios.ts';

/** A way to break the protocol. It is noticed in the scenario named, or nothing is broken by it, for the reason given. */
export interface Mutant {
  readonly mutation: Mutation;
  readonly scenario: string;
  /** What must be different in the scenario. */
  readonly over?: Over;
  readonly equivalent?: string;
}

/**
 * Guards that are missed only where a request is held up on its way while its sender goes on: here every sender waits
 * for its answer or is gone. The simulation has such requests, and shows that these are missed.
 */
export const simulatedGuards: readonly string[] = ['renew.longer'];

/** Where each other guard is missed, or why it is not. Pairs show that what stands in for a guard is needed, too. */
const guards: Readonly<
  Record<
    string,
    string | { readonly why: string; readonly in?: string } | { readonly in: string; readonly over: Over }
  >
> = {
  'claim.schema': 'newer version',
  'claim.active': { why: 'a run that has ended has no node that is ready' },
  'claim.noControl': 'cancel',
  'claim.hash': 'another definition',
  'claim.ready': 'crashes',
  'claim.due': 'timers',
  'claim.attemptLeft': { why: 'a node is made ready only with attempts left' },
  'claim.lookInTime': 'renewals',
  'claim.lookLater': { why: 'without it the look is put off to the need of the claim, and no further' },
  'takeOver.schema': 'newer version',
  'takeOver.active': { why: 'a run that has ended has no node that is leased' },
  'takeOver.noControl': { in: 'cancel', over: { attemptsMax: 2 } },
  'takeOver.hash': {
    why: 'a takeover is planned only for the definition that the run showed, and that never changes',
  },
  'takeOver.leased': { why: 'a node without a lease has no lease end to be past' },
  'takeOver.epoch': { why: 'a later lease ends later than the one that was seen to have ended' },
  'takeOver.expired': 'renewals',
  'takeOver.attemptLeft': { why: 'the attempts of a lease do not change while it lasts' },
  'takeOver.lookInTime': 'renewals',
  'takeOver.lookLater': { why: 'without it the look is put off to the need of the takeover, and no further' },
  'exhaust.schema': 'newer version',
  'exhaust.active': { why: 'a run that has ended has no node that is leased' },
  'exhaust.noControl': { why: 'a cancel raises `rev`' },
  'exhaust.leased': { why: 'a node without a lease has no lease end to be past' },
  'exhaust.epoch': { why: 'a later lease ends later than the one that was seen to have ended' },
  'exhaust.expired': 'frozen renewals',
  'exhaust.nonce': 'loop in a branch: freezes',
  'exhaust.rev': { why: 'only a cancel and an end raise `rev`, and both are guarded against by themselves' },
  'renew.schema': 'newer version',
  'renew.active': { why: 'a run that has ended has no node that is leased' },
  'renew.leased': { why: 'a node without a lease has no nonce' },
  'renew.epoch': { why: 'a nonce stands for one lease' },
  'renew.nonce': 'loop: late renewal',
  'renew.lookInTime': 'renewals',
  'renew.lookLater': { why: 'without it the look is put off to the need of the renewal, and no further' },
  'commit.schema': 'newer version',
  'commit.active': { why: 'a run that has ended has no node that is leased' },
  'commit.leased': { why: 'a node without a lease has no nonce' },
  'commit.epoch': { why: 'a nonce stands for one lease' },
  'commit.nonce': {
    why: 'a node that comes again under its epoch does so by a commit, which raises `rev`',
    in: 'loop: late yield',
  },
  'commit.rev': 'cancel',
  'commit.newEpoch': 'fork in fork',
  'commit.lookInTime': 'chain: other workers',
  'commit.lookLater': {
    why: 'without it the look is put off to the need of the commit, and no further',
    in: 'chain: other workers',
  },
  'pathCommit.schema': 'fork: newer version',
  'pathCommit.active': 'fork: newer version',
  'pathCommit.leased': { why: 'a node without a lease has no nonce', in: 'fork: freezes' },
  'pathCommit.epoch': { why: 'a nonce stands for one lease', in: 'fork: freezes' },
  'pathCommit.nonce': 'loop in a branch: late requests',
  'pathCommit.noControl': 'long branch: cancel',
  'pathCommit.lookInTime': 'long branch: cancel',
  'pathCommit.lookLater': {
    why: 'without it the look is put off to the need of the commit, and no further',
    in: 'fork: freezes',
  },
  'join.schema': 'fork: newer version',
  'join.active': { why: 'an end raises `rev`', in: 'fork: newer version' },
  'join.rev': { in: 'fork: lost responses', over: { inline: 'never' } },
  'join.newEpoch': 'fork in fork',
  'join.lookInTime': 'fork: freezes',
  'join.lookLater': {
    why: 'without it the look is put off to the need of the join, and no further',
    in: 'fork: freezes',
  },
  'retry.schema': 'newer version',
  'retry.active': { why: 'a run that has ended has no node that is leased' },
  'retry.leased': { why: 'a node without a lease has no nonce' },
  'retry.epoch': { why: 'a nonce stands for one lease' },
  'retry.nonce': { why: 'a hand-back ends its lease: nothing comes again under its epoch' },
  'retry.noControl': { in: 'two cancels', over: { attemptsMax: 2 } },
  'retry.lookInTime': 'long leases',
  'retry.lookLater': { why: 'without it the look is put off to the need of the retry, and no further' },
  'yield.schema': 'newer version',
  'yield.active': { why: 'a run that has ended has no node that is leased' },
  'yield.leased': { why: 'a node without a lease has no nonce' },
  'yield.epoch': { why: 'a nonce stands for one lease' },
  'yield.nonce': {
    why: 'a hand-back ends its lease: nothing comes again under its epoch',
    in: 'loop: late yield',
  },
  'yield.noControl': 'cancel and lost responses',
  'yield.lookInTime': 'hop limit',
  'yield.lookLater': { why: 'without it the look is put off to the need of the yield, and no further' },
  'cancel.schema': 'newer version',
  'cancel.active': 'cancel',
  'cancel.noControl': 'two cancels',
  'finaliseCancel.schema': 'newer version',
  'finaliseCancel.active': { why: 'an end raises `rev`' },
  'finaliseCancel.requested': {
    why: 'it is planned only where a cancel was seen, and none is ever withdrawn',
  },
  'finaliseCancel.rev': {
    why: 'of what raises `rev` only an end is possible after a cancel, and ends the run',
  },
  'finaliseCancel.expired': 'cancel',
  'look.schema': 'newer version',
  'look.active': { why: 'an end raises `rev`' },
  'look.at': 'lost responses',
  'look.rev': 'cancel',
  'look.status': 'renewals',
  'look.epoch': 'renewals',
  'look.expired': { in: 'stale reads', over: { attemptsMax: 2, looksMax: 1 } },
};

/** Guards that stand in for each other: without all of them it is noticed. */
const together: readonly { readonly scenario: string; readonly off: readonly string[] }[] = [
  { scenario: 'crashes', off: ['commit.leased', 'commit.epoch', 'commit.nonce'] },
  { scenario: 'fork: lost responses', off: ['pathCommit.leased', 'pathCommit.epoch', 'pathCommit.nonce'] },
  { scenario: 'fork: cancel', off: ['join.active', 'join.rev'] },
  { scenario: 'loop: late yield', off: ['commit.nonce', 'commit.rev'] },
  { scenario: 'crashes', off: ['retry.leased', 'retry.epoch', 'retry.nonce'] },
  { scenario: 'hop limit', off: ['yield.leased', 'yield.epoch', 'yield.nonce'] },
  { scenario: 'renewals', off: ['renew.leased', 'renew.epoch', 'renew.nonce'] },
  {
    scenario: 'crashes',
    off: ['exhaust.active', 'exhaust.rev', 'exhaust.leased', 'exhaust.nonce', 'exhaust.expired'],
  },
  { scenario: 'two cancels', off: ['exhaust.noControl', 'exhaust.rev'] },
  { scenario: 'two cancels', off: ['finaliseCancel.active', 'finaliseCancel.rev'] },
  { scenario: 'renewals', off: ['takeOver.epoch', 'takeOver.expired'] },
  { scenario: 'crashes', off: ['look.active', 'look.rev', 'look.status'] },
  { scenario: 'stale reads', off: ['look.status', 'look.epoch'] },
];

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

/**
 * Guards of what runs wait for and what people ask. What each of them alone refuses is shown in test/unit/protocol; the
 * scenarios in which the checker misses them are still to be named.
 */
const unplayedGuards: readonly string[] = [
  'attach.active',
  'attach.few',
  'attach.schema',
  'await.active',
  'await.epoch',
  'await.leased',
  'await.nonce',
  'await.schema',
  'await.unended',
  'cancelPaused.active',
  'cancelPaused.kind',
  'cancelPaused.schema',
  'claim.released',
  'deliver.active',
  'deliver.lookInTime',
  'deliver.lookLater',
  'deliver.rev',
  'deliver.schema',
  'failDependent.active',
  'failDependent.rev',
  'failDependent.schema',
  'leave.active',
  'leave.rev',
  'leave.schema',
  'notify.active',
  'notify.child',
  'notify.control',
  'notify.lookInTime',
  'notify.lookLater',
  'notify.schema',
  'notify.status',
  'notify.unended',
  'park.active',
  'park.expired',
  'park.requested',
  'park.rev',
  'park.schema',
  'pathCommit.control',
  'pause.active',
  'pause.noControl',
  'pause.schema',
  'raiseCancel.active',
  'raiseCancel.kind',
  'raiseCancel.mode',
  'raiseCancel.schema',
  'release.active',
  'release.lookInTime',
  'release.lookLater',
  'release.rev',
  'release.schema',
  'resume.active',
  'resume.paused',
  'resume.schema',
  'retry.control',
  'signal.active',
  'signal.lookInTime',
  'signal.lookLater',
  'signal.rev',
  'signal.schema',
  'timeOut.active',
  'timeOut.due',
  'timeOut.lookInTime',
  'timeOut.lookLater',
  'timeOut.noControl',
  'timeOut.rev',
  'timeOut.schema',
  'timeOut.waiting',
  'yield.control',
];

export const listedGuards: readonly string[] = [
  ...Object.keys(guards),
  ...simulatedGuards,
  ...unplayedGuards,
];

export const mutants: readonly Mutant[] = [
  ...Object.entries(guards).map(([name, found]): Mutant => {
    const mutation = { name: `without ${name}`, transition: without([name]) };
    if (typeof found === 'string') return { mutation, scenario: found };
    return 'why' in found
      ? { mutation, scenario: found.in ?? 'renewals', equivalent: found.why }
      : { mutation, scenario: found.in, over: found.over };
  }),
  ...together.map(({ off, scenario }) => ({
    mutation: { name: `without ${off.join(', ')}`, transition: without(off) },
    scenario,
  })),
  ...mistakes,
];
