import type { NodeId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import { type AwaitedSignal, type AwaitingNode, nodesOf, type Run, type StoredSignal } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { becomesReady } from './becomes-ready.ts';
import { absent, active, equals, guard, inPhase, raiseRev, set, unchanged } from './guards.ts';
import { dispatchGraceMs, signalIdsMax, signalsMax } from './limits.ts';
import { lookInTime } from './look-in-time.ts';
import { Mailbox, signalsLeft } from './mailbox.ts';

/** A node that waits for a signal, and its name. */
interface Awaiting {
  readonly path: NodeId;
  readonly node: AwaitingNode;
  readonly signal: AwaitedSignal;
}

/** Those that wait, in an order that does not depend on the store's. */
export function awaitingNodes(run: Pick<Run, 'nodes'>): Awaiting[] {
  return nodesOf(run)
    .flatMap(([path, node]) =>
      node.status === 'waiting' && node.iteration === undefined && node.signal
        ? [{ path, node, signal: node.signal }]
        : [],
    )
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What comes of a signal. */
export type Received =
  | { readonly received: 'write'; readonly transition: Transition; readonly dispatches: readonly Dispatch[] }
  /** One of this id has come before. */
  | { readonly received: 'again' }
  | { readonly received: 'refused'; readonly because: RefusedSignal };

export type RefusedSignal = 'NotFound' | 'AlreadyFinished' | 'AlreadyCancelled' | 'SignalsFull';

/**
 * A signal goes to the node that waits for it, or is kept until one does. The run must be as it was seen, so that two
 * signals cannot both be the one that a node gets.
 *
 * ```
 * S  signal (rev 3: nobody waits) ──▶ kept, rev 4, at = now
 * A     path commit opens the wait, planned at rev 3 ──▶ refused; again at rev 4: it takes what is there
 * A  or, before S: applied at rev 3 ──▶ S's signal lies beside the node that waits: whoever sees it hands it over
 * ```
 */
export function receiveSignal(run: Run | undefined, signal: StoredSignal, now: EpochMs): Received {
  if (!run) return { received: 'refused', because: 'NotFound' };
  const because = refusal(run);
  if (because !== undefined) return { received: 'refused', because };
  const ids = run.signalIds ?? [];
  if (ids.includes(signal.id)) return { received: 'again' };
  const signals = [...(run.signals ?? []), signal];
  const remembered = set(['signalIds'], [...ids, signal.id].slice(-signalIdsMax));
  const handed = handOver('signal', { ...run, signals }, now);
  if (handed) {
    const { dispatches, transition } = handed;
    const updates = [...transition.updates, remembered];
    return { received: 'write', transition: { ...transition, updates }, dispatches };
  }
  if (signals.length > signalsMax) return { received: 'refused', because: 'SignalsFull' };
  const transition = {
    name: 'signal',
    key: run,
    guards: [...inPhase('signal', run.phase), unchanged('signal', run)],
    updates: [
      set(['signals'], signals),
      remembered,
      // A path commit may just now open a node that waits for it: then a look finds both.
      ...(run.phase === 'active' ? [set(['at'], now)] : []),
      raiseRev(),
    ],
  };
  return { received: 'write', transition, dispatches: [] };
}

function refusal(run: Run): RefusedSignal | undefined {
  if (run.phase !== 'active' && run.phase !== 'paused') return 'AlreadyFinished';
  return run.control?.kind === 'cancel' ? 'AlreadyCancelled' : undefined;
}

interface HandedOver {
  readonly transition: Transition;
  readonly dispatches: readonly Dispatch[];
}

/** Gives signals that were kept to the nodes that wait for them; undefined where none does, or the run has ended. */
export const deliver = (run: Run, now: EpochMs): HandedOver | undefined =>
  run.phase === 'active' || run.phase === 'paused' ? handOver('deliver', run, now) : undefined;

function handOver(name: string, run: Run, now: EpochMs): HandedOver | undefined {
  const mailbox = new Mailbox(run.signals);
  const came: { path: NodeId; node: AwaitingNode; signal: StoredSignal }[] = [];
  for (const { node, path, signal } of awaitingNodes(run)) {
    const taken = mailbox.take(signal.name);
    if (taken) came.push({ path, node, signal: taken });
  }
  if (came.length === 0) return undefined;
  const nodes = came.map(({ node, path }) => [path, node] as const);
  const ready = becomesReady(name, run, { nodes }, now);
  return {
    transition: {
      name,
      key: run,
      guards: [...inPhase(name, run.phase), unchanged(name, run), ...ready.guards],
      updates: [
        ...came.flatMap(({ path, signal }) => [
          set(['nodes', path, 'status'], 'ready'),
          set(['nodes', path, 'signal', 'id'], signal.id),
          set(['nodes', path, 'signal', 'payload'], signal.payload),
        ]),
        signalsLeft(mailbox.left),
        raiseRev(),
        ...ready.updates,
      ],
    },
    dispatches: ready.dispatches,
  };
}

/**
 * The signal did not come in time: the node goes its other way. Not while one is there that it could have.
 *
 * ```
 * E  reads rev 4: nothing is there ───────────── time out if rev 4 ──▶ refused
 * S                          signal (rev 5) ──▶ the node has it
 * ```
 */
export function timeOut(run: Run, path: NodeId, now: EpochMs): Transition {
  const look = lookInTime('timeOut', now + dispatchGraceMs, run.at);
  return {
    name: 'timeOut',
    key: run,
    guards: [
      ...active('timeOut'),
      guard('timeOut.noControl', absent(['control'])),
      guard('timeOut.waiting', equals(['nodes', path, 'status'], 'waiting')),
      guard('timeOut.due', { is: '<=', path: ['nodes', path, 'signal', 'until'], value: now }),
      unchanged('timeOut', run),
      look.guard,
    ],
    updates: [
      set(['nodes', path, 'status'], 'ready'),
      set(['nodes', path, 'signal', 'timedOut'], true),
      raiseRev(),
      ...look.updates,
    ],
  };
}
