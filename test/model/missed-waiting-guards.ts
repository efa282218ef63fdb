import type { Missed, Together } from './missed-guards.ts';
import type { Request } from './state.ts';

const putOff = 'without it the look is put off to the need of the write, and no further';
const noNonce = 'a node without a lease has no nonce';
const oneLease = 'a nonce stands for one lease';
const endRaises = 'an end, a pause and what undoes it raise `rev`';
const waitRaises = 'what ends a wait raises `rev`';
const atOnce =
  'under a pause the node is left to a look at once, and that is right whatever was asked for since';

const cancelOf = (mode: 'graceful' | 'abort'): Request => ({ ask: 'cancel', run: 0, mode });
const pause: Request = { ask: 'pause', run: 0, mode: 'graceful' };

/** Of what runs are told by others, and what people ask of them. */
export const missedWaitingGuards: Readonly<Record<string, Missed>> = {
  'attach.schema': 'depends: newer version',
  'attach.active': 'depends: skip',
  'attach.few': {
    why: 'it keeps items small, and the number of dependents breaks nothing: see test/unit/protocol/dependency.test.ts',
    in: 'depends: skip',
  },
  'claim.released': 'depends: signal',
  'release.schema': 'depends: newer version',
  'release.active': { why: endRaises, in: 'depends: skip' },
  'release.rev': { in: 'depends: on two', over: { discoverers: 0 } },
  'release.lookInTime': { in: 'depends: skip', over: { looksMax: 1 } },
  'release.lookLater': { why: putOff, in: 'depends: skip', over: { looksMax: 1 } },
  'failDependent.schema': 'depends: newer version',
  'failDependent.active': { why: endRaises, in: 'depends: skip' },
  'failDependent.rev': 'depends: chain of three',
  'leave.schema': 'child: newer version',
  'leave.active': { why: endRaises, in: 'child: lost responses' },
  'leave.rev': {
    why: 'nothing raises the `rev` of a run that has ended, but that it leaves',
    in: 'child: lost responses',
  },

  'await.schema': 'child: newer version',
  'await.active': { in: 'child: in a branch', over: { workers: 2 } },
  'await.leased': { why: noNonce, in: 'child: lost responses' },
  'await.epoch': { why: oneLease, in: 'child: lost responses' },
  'await.nonce': { in: 'child: in a loop, late requests', over: { workers: 2 } },
  'await.unended': 'child: two workers',
  'notify.schema': 'child: newer version',
  'notify.active': 'child: in a branch',
  'notify.status': 'child: two workers',
  'notify.child': 'child: in a loop, late requests',
  'notify.unended': {
    why: 'a child ends once: who holds the node still is told the same again',
    in: 'child: two workers',
  },
  'notify.control': 'child: cancel',
  'notify.lookInTime': 'child: two workers',
  'notify.lookLater': { why: putOff, in: 'child: newer version' },

  'signal.schema': 'signal: newer version',
  'signal.active': { why: endRaises, in: 'signal: newer version' },
  'signal.rev': 'signal: newer version',
  'signal.lookInTime': 'signal: needed',
  'signal.lookLater': { why: putOff, in: 'signal: newer version', over: { looksMax: 1 } },
  'deliver.schema': 'signal: in a branch, newer version',
  'deliver.active': { why: endRaises, in: 'signal: in one branch' },
  'deliver.rev': 'signal: in one branch',
  'deliver.lookInTime': {
    why: 'who sees the signal beside the node does the same, and a look from before it came is refused',
    in: 'signal: in one branch',
  },
  'deliver.lookLater': {
    never: 'a signal that is kept has brought the look forward',
    in: 'signal: in one branch',
  },
  'timeOut.schema': 'signal: newer version',
  'timeOut.active': { why: endRaises, in: 'signal: newer version' },
  'timeOut.noControl': { why: 'a pause and a cancel raise `rev`', in: 'signal: newer version' },
  'timeOut.waiting': { why: waitRaises, in: 'signal: newer version' },
  'timeOut.due': {
    why: `it is planned only for a wait that is over, and ${waitRaises}`,
    in: 'signal: newer version',
  },
  'timeOut.rev': 'signal: in a branch, freezes',
  'timeOut.lookInTime': { in: 'signal: lost responses', over: { looksMax: 1 } },
  'timeOut.lookLater': { why: putOff, in: 'signal: newer version', over: { looksMax: 1 } },

  'pause.schema': 'pause: newer version',
  'pause.active': 'pause: crashes',
  'pause.noControl': 'pause: twice',
  'park.schema': 'pause: newer version',
  'park.active': { why: endRaises, in: 'pause: crashes' },
  'park.requested': { why: 'what ends a pause raises `rev`', in: 'pause: crashes' },
  'park.rev': 'pause: twice',
  'park.expired': 'pause: renewals',
  'resume.schema': 'pause: newer version',
  'resume.active': 'pause: crashes',
  'resume.paused': 'pause: cancel',
  'cancelPaused.schema': 'pause: newer version',
  'cancelPaused.active': 'pause: cancel',
  'cancelPaused.kind': 'pause: cancel',
  'raiseCancel.schema': 'cancel: raised, newer version',
  'raiseCancel.active': 'cancel: raised',
  'raiseCancel.kind': { why: 'no cancel is ever withdrawn', in: 'cancel: raised' },
  'raiseCancel.mode': {
    in: 'cancel: raised',
    over: { requests: [cancelOf('graceful'), cancelOf('abort'), cancelOf('abort')] },
  },
  'retry.control': { why: atOnce, in: 'pause: crashes', over: { attemptsMax: 2 } },
  'yield.control': { why: atOnce, in: 'pause: yields', over: { attemptsMax: 1 } },
  'pathCommit.control': { in: 'pause: long branch', over: { requests: [pause], cancels: [0] } },
};

export const missedWaitingTogether: readonly Together[] = [
  { scenario: 'child: lost responses', off: ['await.leased', 'await.epoch', 'await.nonce'] },
  { scenario: 'child: lost responses', off: ['leave.active', 'leave.rev'] },
  { scenario: 'pause: cancel', off: ['park.requested', 'park.rev'] },
  { scenario: 'signal: crashes', off: ['timeOut.waiting', 'timeOut.rev'] },
  { scenario: 'signal: crashes', off: ['signal.active', 'signal.rev'] },
];
