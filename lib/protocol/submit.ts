import type { Shape } from '../model/definition.ts';
import type { NodeId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import { nodesOf, type Run, schemaVersion } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Creation } from '../model/transition.ts';
import { dispatchOf } from './dispatch.ts';
import { messageDelayMaxMs } from './limits.ts';
import { leaseNeedAt } from './look-in-time.ts';
import { openBody } from './nodes/open.ts';
import { dispatchesOf, type NodePlan, openNodes } from './open.ts';

/** What a submission decides; everything else of a new run follows from it. */
export type Submission = Pick<
  Run,
  | 'tenant'
  | 'run'
  | 'kind'
  | 'name'
  | 'hash'
  | 'submission'
  | 'input'
  | 'pool'
  | 'priority'
  | 'tags'
  | 'idempotencyKey'
  | 'timeoutMs'
  | 'traceparent'
> & {
  readonly shape: Shape;
  readonly planOf: (path: NodeId) => NodePlan;
  readonly delayMs: Ms;
};

/**
 * The run and its doorbells. Without a doorbell a node would start a minute late: `at` says when discovery rings
 * instead. A delay beyond SQS's limit sends none and makes `at` the timer itself.
 */
export function submit(submission: Submission, now: EpochMs): { creation: Creation; dispatches: Dispatch[] } {
  const { delayMs, planOf, shape, ...given } = submission;
  const { loops, nodes } = openBody(shape.body, undefined, undefined);
  const delayed = nodes.map((node) => ({ ...node, delayMs: node.delayMs + delayMs }));
  const opening = openNodes({ loops, nodes: delayed }, 0, { now, planOf, hop: -1, hopLimit: 1 });
  const leases = opening.rings.map((ring) => leaseNeedAt(now + ring.delayMs + planOf(ring.path).leaseMs));
  const run: Run = {
    ...given,
    schema: schemaVersion,
    phase: 'active',
    // Early enough for the first lease, too: its claim need not move it.
    at: Math.min(opening.needAt, ...leases),
    rev: 0,
    epoch: 0,
    looks: 0,
    nodes: opening.nodes,
    createdAt: now,
  };
  return { creation: { name: 'submit', run }, dispatches: dispatchesOf(run, opening, 0) };
}

/** The doorbells of what is ready in a run, as far as a message can be sent for it now. Its definition may be an older one. */
export function doorbellsOf(run: Run, now: EpochMs): Dispatch[] {
  return nodesOf(run)
    .filter(([, node]) => node.status === 'ready' && node.notBefore - now <= messageDelayMaxMs)
    .map(([path, node]) => dispatchOf(run, path, { delayMs: Math.max(0, node.notBefore - now), hop: 0 }));
}

/** Whether the run that is there already came of the same submission: then it is the caller's. */
export function isResubmission(existing: Run, submission: Submission): boolean {
  return existing.submission === submission.submission;
}
