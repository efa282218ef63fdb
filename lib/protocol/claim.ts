import type { DefinitionHash, NodeId, Nonce } from '../model/ids.ts';
import type { LeasedNode, Run, RunKey, RunNode } from '../model/run.ts';
import type { EpochMs, EpochSec, Ms } from '../model/time.ts';
import type { Guard, Transition, Update } from '../model/transition.ts';
import { abandoned, expiredLease, isAbandoned } from './abandoned.ts';
import { exhaust } from './exhaust.ts';
import { absent, active, equals, guard, increment, set } from './guards.ts';
import { leaseNeedAt, lookInTime } from './look-in-time.ts';
import { forksToJoin } from './nodes/join.ts';
import { deliver, timeOut } from './signal.ts';

export interface ClaimCommand {
  readonly key: RunKey;
  readonly node: NodeId;
  readonly hash: DefinitionHash;
  readonly nonce: Nonce;
  readonly worker: string;
  /** At most the worker's own end, so that a lease never outlives its Lambda by much. */
  readonly leaseUntil: EpochMs;
}

/**
 * Takes the lease without having read the run; what comes back is the snapshot to work on. After a refusal `seenAt` is
 * the `at` of the run that came back.
 *
 * ```
 * A  claim ──▶ epoch 1, nonce a        B's condition "ready" no longer holds:
 * B      claim ──▶ refused             exactly one of any number of contenders wins.
 * ```
 */
export function claim(command: ClaimCommand, now: EpochMs, seenAt?: EpochMs): Transition {
  const { node, key } = command;
  const look = lookInTime('claim', leaseNeedAt(command.leaseUntil), seenAt);
  return {
    name: 'claim',
    key,
    guards: [
      ...active('claim'),
      guard('claim.noControl', absent(['control'])),
      guard('claim.released', absent(['waitsFor'])),
      guard('claim.hash', equals(['hash'], command.hash)),
      guard('claim.ready', equals(['nodes', node, 'status'], 'ready')),
      guard('claim.due', { is: '<=', path: ['nodes', node, 'notBefore'], value: now }),
      attemptLeft('claim', node),
      look.guard,
    ],
    updates: [...lease(command, now), ...look.updates],
  };
}

/**
 * Takes a lease that its holder let run out, as it was seen.
 *
 * ```
 * A  claim (epoch 1) ── crash
 * B                          … lease end + 5 s ── take over (epoch 2) ──▶ commit
 * A (a zombie)                                       commit with epoch 1 ──▶ refused
 * ```
 */
export function takeOver(command: ClaimCommand, node: LeasedNode, seenAt: EpochMs, now: EpochMs): Transition {
  const look = lookInTime('takeOver', leaseNeedAt(command.leaseUntil), seenAt);
  return {
    name: 'takeOver',
    key: command.key,
    guards: [
      ...active('takeOver'),
      guard('takeOver.noControl', absent(['control'])),
      guard('takeOver.hash', equals(['hash'], command.hash)),
      ...abandoned('takeOver', command.node, node, now),
      attemptLeft('takeOver', command.node),
      look.guard,
    ],
    updates: [
      ...lease(command, now),
      ...look.updates,
      set(['nodes', command.node, 'failure'], expiredLease(node)),
    ],
  };
}

function attemptLeft(name: string, node: NodeId): Guard {
  return guard(`${name}.attemptLeft`, {
    is: '<',
    path: ['nodes', node, 'attempt'],
    than: ['nodes', node, 'attemptsMax'],
  });
}

/** The run-wide epoch goes up and the node takes the same value: right-hand sides are the item before the write. */
function lease({ node, nonce, leaseUntil, worker }: ClaimCommand, now: EpochMs): Update[] {
  return [
    increment(['epoch']),
    { set: ['nodes', node, 'epoch'], from: ['epoch'], by: 1 },
    increment(['nodes', node, 'attempt']),
    set(['nodes', node, 'status'], 'running'),
    set(['nodes', node, 'lease'], { nonce, until: leaseUntil }),
    set(['nodes', node, 'worker'], worker),
    set(['nodes', node, 'startedAt'], now),
    // Somebody came: the pauses between looks begin again.
    set(['looks'], 0),
  ];
}

/** Why a message needs no work: it can be acknowledged. */
export type DropReason =
  | 'NotFound'
  | 'Finished'
  | 'Leased'
  | 'Cancelled'
  | 'Paused'
  | 'Waiting'
  | 'NoSuchNode';

export type ClaimDecision =
  /** Our own claim did go through; only its response was lost. */
  | { readonly decision: 'hold'; readonly run: Run }
  | { readonly decision: 'takeOver'; readonly transition: Transition; readonly leaseEnded: EpochMs }
  /** It waited until now; with this it can be claimed. */
  | { readonly decision: 'wake'; readonly transition: Transition }
  | { readonly decision: 'exhaust'; readonly transition: Transition }
  /** It can be claimed: it became so meanwhile, or its look must be brought forward from `seenAt`. */
  | { readonly decision: 'again'; readonly seenAt: EpochMs }
  /** All branches of the fork have ended, and nobody has opened its join. */
  | { readonly decision: 'join'; readonly run: Run; readonly fork: NodeId }
  | { readonly decision: 'defer'; readonly delayMs: Ms }
  | { readonly decision: 'mismatch' }
  | { readonly decision: 'drop'; readonly reason: DropReason };

/** What to do after a refused claim, by the run as it stands. */
export function decideRefusedClaim(
  run: Run | undefined,
  command: ClaimCommand,
  now: EpochMs,
  expires: EpochSec,
): ClaimDecision {
  if (!run) return { decision: 'drop', reason: 'NotFound' };
  const node = run.nodes[command.node];
  if (node?.status === 'running' && node.lease.nonce === command.nonce) return { decision: 'hold', run };
  if (run.phase === 'paused') return { decision: 'drop', reason: 'Paused' };
  if (run.phase !== 'active') return { decision: 'drop', reason: 'Finished' };
  if (run.control)
    return { decision: 'drop', reason: run.control.kind === 'cancel' ? 'Cancelled' : 'Paused' };
  if (run.hash !== command.hash) return { decision: 'mismatch' };
  if (!node) return { decision: 'drop', reason: 'NoSuchNode' };
  if (run.waitsFor) return { decision: 'drop', reason: 'Waiting' };
  if (node.status === 'waiting') return decideWaiting(run, command.node, node, now);
  if (node.status === 'ready') {
    return node.notBefore > now
      ? { decision: 'defer', delayMs: node.notBefore - now }
      : { decision: 'again', seenAt: run.at };
  }
  if (node.status !== 'running') {
    const toJoin = forksToJoin(run).find(
      ({ fork }) => node.status === 'succeeded' && node.ends?.fork === fork,
    );
    return toJoin ? { decision: 'join', run, fork: toJoin.fork } : { decision: 'drop', reason: 'Finished' };
  }
  if (!isAbandoned(node, now)) return { decision: 'drop', reason: 'Leased' };
  return node.attempt < node.attemptsMax
    ? {
        decision: 'takeOver',
        transition: takeOver(command, node, run.at, now),
        leaseEnded: node.lease.until,
      }
    : { decision: 'exhaust', transition: exhaust(run, command.node, node, now, expires) };
}

/** A message for a node that waits for a signal comes at the end of its timeout, or a little before. */
function decideWaiting(run: Run, path: NodeId, node: RunNode, now: EpochMs): ClaimDecision {
  const handed = deliver(run, now);
  if (handed) return { decision: 'wake', transition: handed.transition };
  const until = node.signal?.until;
  if (until === undefined) return { decision: 'drop', reason: 'Waiting' };
  return until > now
    ? { decision: 'defer', delayMs: until - now }
    : { decision: 'wake', transition: timeOut(run, path, now) };
}
