import type { NodeId, RunId } from '../model/ids.ts';
import { isOpen, nodesOf, type Run } from '../model/run.ts';
import type { EpochMs, EpochSec } from '../model/time.ts';
import type { Creation, Transition, Update } from '../model/transition.ts';
import { expired } from './abandoned.ts';
import { endNode, endRun } from './end.ts';
import { active, equals, guard, unchanged } from './guards.ts';
import { leasedNodes } from './quiet.ts';

/**
 * Ends a cancelled run on which nobody works any more. Only for a run with `control` cancel that `isQuiet`, and whose
 * children have all ended: one that has ended stays so, and under a cancel no other one is opened.
 */
export function finaliseCancel(run: Run, now: EpochMs, expires: EpochSec): Transition {
  // A renewal between the snapshot and this write keeps the node alive.
  const abandoned = leasedNodes(run).map(([id]) => expired('finaliseCancel', id, now));
  const ended: Update[] = nodesOf(run)
    .filter(([, node]) => isOpen(node))
    .flatMap(([id]) => endNode(id, { status: 'cancelled' }, now));
  return {
    name: 'finaliseCancel',
    key: run,
    guards: [
      ...active('finaliseCancel'),
      guard('finaliseCancel.requested', equals(['control', 'kind'], 'cancel')),
      unchanged('finaliseCancel', run),
      ...abandoned,
    ],
    updates: [...ended, ...endRun(run, 'cancelled', { now, expires })],
  };
}

/**
 * A child that must not be: put in its place before it is started, so that whoever starts it late finds it taken.
 *
 * ```
 * A  claim n ── frozen ──────────────────────────────────────── start child ──▶ it is there, cancelled
 * D                     cancel: tombstone for the child ── finalise ──▶ cancelled
 * ```
 */
export function tombstone(
  parent: Run,
  { child, node }: { child: RunId; node: NodeId },
  now: EpochMs,
  expires: EpochSec,
): Creation {
  const { control, hash, kind, name, pool, priority, schema, tenant } = parent;
  return {
    name: 'submit',
    run: {
      tenant,
      run: child,
      schema,
      kind,
      name,
      hash,
      submission: 'tombstone',
      phase: 'cancelled',
      at: now,
      rev: 0,
      epoch: 0,
      looks: 0,
      input: { text: 'null' },
      nodes: {},
      ...(control && { control }),
      parent: { run: parent.run, node },
      pool,
      priority,
      tags: [],
      createdAt: now,
      endedAt: now,
      expires,
    },
  };
}
