import { forked, longBranch } from '../support/workflow-shapes.ts';
import type { Over } from './scenarios.ts';

/** The scenario in which a guard is missed, or why it never is. */
export type Missed = string | { readonly in: string; readonly over: Over } | Equivalent;

/** Nothing is broken without the guard: `why`, or because no write `never` has it. */
type Equivalent = ({ readonly why: string } | { readonly never: string }) & {
  /** A scenario whose writes have the guard; the long leases of one task, where it is absent. */
  readonly in?: string;
  readonly over?: Over;
};

/** Guards that stand in for each other: without all of them it is noticed. */
export interface Together {
  readonly off: readonly string[];
  readonly scenario: string;
  readonly over?: Over;
}

/** Of what attempts, and those who look at them, write. */
export const missedGuards: Readonly<Record<string, Missed>> = {
  'claim.schema': 'newer version',
  'claim.active': 'child: in a branch',
  'claim.noControl': 'cancel',
  'claim.hash': 'another definition',
  'claim.ready': 'crashes',
  'claim.due': 'timers',
  'claim.attemptLeft': { why: 'a node is made ready only with attempts left' },
  'claim.lookInTime': 'renewals',
  'claim.lookLater': {
    in: 'fork: hop limit',
    over: { shape: longBranch, inline: 'never', hopLimit: 1, looksMax: 1, attemptsMax: 2 },
  },
  'takeOver.schema': 'newer version',
  'takeOver.active': { in: 'fork: hop limit', over: { shape: forked, hopLimit: 64, attemptsMax: 2 } },
  'takeOver.noControl': { in: 'cancel', over: { attemptsMax: 2 } },
  'takeOver.hash': {
    why: 'a takeover is planned only for the definition that the run showed, and that never changes',
  },
  'takeOver.leased': { why: 'a node without a lease has no lease end to be past' },
  'takeOver.epoch': {
    why: 'a later lease ends later than the one that was seen to have ended',
    in: 'renewals',
  },
  'takeOver.expired': 'renewals',
  'takeOver.attemptLeft': { why: 'the attempts of a lease do not change while it lasts' },
  'takeOver.lookInTime': 'renewals',
  'takeOver.lookLater': {
    why: 'without it the look is put off to the need of the takeover, and no further',
    in: 'renewals',
  },
  'exhaust.schema': 'newer version',
  'exhaust.active': { why: 'an end raises `rev`' },
  'exhaust.noControl': { why: 'a cancel raises `rev`' },
  'exhaust.leased': { why: 'a node without a lease has no lease end to be past' },
  'exhaust.epoch': { why: 'a later lease ends later than the one that was seen to have ended' },
  'exhaust.expired': 'frozen renewals',
  'exhaust.nonce': 'loop in a branch: freezes',
  'exhaust.rev': 'depends: skip',
  'renew.schema': 'newer version',
  'renew.active': 'fork: renewals',
  'renew.leased': { why: 'a node without a lease has no nonce', in: 'renewals', over: { looksMax: 0 } },
  'renew.epoch': { why: 'a nonce stands for one lease', in: 'renewals', over: { looksMax: 0 } },
  'renew.nonce': 'loop: late renewal',
  'renew.lookInTime': 'renewals',
  'renew.lookLater': {
    why: 'without it the look is put off to the need of the renewal, and no further',
    in: 'renewals',
  },
  'commit.schema': 'newer version',
  'commit.active': 'fork: late requests',
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
  'pathCommit.lookLater': 'pause: fork',
  'join.schema': 'fork: newer version',
  'join.active': 'fork in fork',
  'join.rev': { in: 'fork: lost responses', over: { inline: 'never' } },
  'join.newEpoch': 'fork in fork',
  'join.lookInTime': 'fork: freezes',
  'join.lookLater': {
    why: 'without it the look is put off to the need of the join, and no further',
    in: 'fork: freezes',
    over: { looksMax: 1 },
  },
  'retry.schema': 'newer version',
  'retry.active': { in: 'fork: yields', over: { attemptsMax: 2 } },
  'retry.leased': { why: 'a node without a lease has no nonce' },
  'retry.epoch': { why: 'a nonce stands for one lease' },
  'retry.nonce': { why: 'a hand-back ends its lease: nothing comes again under its epoch' },
  'retry.noControl': { in: 'two cancels', over: { attemptsMax: 2 } },
  'retry.lookInTime': 'long leases',
  'retry.lookLater': { why: 'without it the look is put off to the need of the retry, and no further' },
  'yield.schema': 'newer version',
  'yield.active': 'fork: yields',
  'yield.leased': { why: 'a node without a lease has no nonce', in: 'hop limit', over: { attemptsMax: 2 } },
  'yield.epoch': { why: 'a nonce stands for one lease', in: 'hop limit', over: { attemptsMax: 2 } },
  'yield.nonce': {
    why: 'a hand-back ends its lease: nothing comes again under its epoch',
    in: 'loop: late yield',
  },
  'yield.noControl': 'cancel and lost responses',
  'yield.lookInTime': 'hop limit',
  'yield.lookLater': {
    why: 'without it the look is put off to the need of the yield, and no further',
    in: 'hop limit',
    over: { attemptsMax: 1 },
  },
  'cancel.schema': 'newer version',
  'cancel.active': 'cancel',
  'cancel.noControl': 'two cancels',
  'finaliseCancel.schema': 'newer version',
  'finaliseCancel.active': { why: 'an end raises `rev`', in: 'cancel' },
  'finaliseCancel.requested': {
    why: 'it is planned only where a cancel was seen, and none is ever withdrawn',
    in: 'cancel',
  },
  'finaliseCancel.rev': {
    why: 'of what raises `rev` only an end is possible after a cancel, and ends the run',
    in: 'cancel',
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

export const missedTogether: readonly Together[] = [
  { scenario: 'crashes', off: ['commit.leased', 'commit.epoch', 'commit.nonce'] },
  { scenario: 'fork: lost responses', off: ['pathCommit.leased', 'pathCommit.epoch', 'pathCommit.nonce'] },
  { scenario: 'fork: cancel', off: ['join.active', 'join.rev'] },
  { scenario: 'loop: late yield', off: ['commit.nonce', 'commit.rev'] },
  { scenario: 'crashes', off: ['retry.leased', 'retry.epoch', 'retry.nonce'] },
  {
    scenario: 'hop limit',
    over: { attemptsMax: 2 },
    off: ['yield.leased', 'yield.epoch', 'yield.nonce'],
  },
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
