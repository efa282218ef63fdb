import type { Shape } from '../model/definition.ts';
import type { NodeId, RunId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import { type Run, schemaVersion } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Creation } from '../model/transition.ts';
import { dispatchGraceMs } from './limits.ts';
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
  | 'waitsFor'
  | 'dependents'
  | 'dependencies'
  | 'onDependencyFailure'
  | 'parent'
  | 'execution'
  | 'deliverTo'
  | 'deliveryOf'
> & {
  readonly shape: Shape;
  readonly planOf: (path: NodeId) => NodePlan;
  readonly delayMs: Ms;
  readonly nameChild: () => RunId;
};

/**
 * The run and its doorbells. Without a doorbell a node would start a minute late: `at` says when discovery rings
 * instead. A delay beyond SQS's limit sends none and makes `at` the timer itself. A run that waits for others is rung by
 * whoever releases it from the last of them.
 */
export function submit(submission: Submission, now: EpochMs): { creation: Creation; dispatches: Dispatch[] } {
  const { delayMs, nameChild, planOf, shape, ...given } = submission;
  const { loops, nodes } = openBody(shape.body, undefined, undefined);
  const delayed = nodes.map((node) => ({ ...node, delayMs: node.delayMs + delayMs }));
  const options = { now, planOf, nameChild, hop: -1, hopLimit: 1 };
  const opening = openNodes({ loops, nodes: delayed }, 0, options, {});
  const leases = opening.rings.map((ring) => leaseNeedAt(now + ring.delayMs + planOf(ring.path).leaseMs));
  const run: Run = {
    ...given,
    schema: schemaVersion,
    phase: 'active',
    // Early enough for the first lease, too: its claim need not move it.
    at: Math.min(opening.needAt, ...leases, ...(given.waitsFor ? [now + dispatchGraceMs] : [])),
    rev: 0,
    epoch: 0,
    looks: 0,
    nodes: opening.nodes,
    createdAt: now,
  };
  const dispatches = given.waitsFor ? [] : dispatchesOf(run, opening, 0);
  return { creation: { name: 'submit', run }, dispatches };
}

/** Whether the run that is there already came of the same submission: then it is the caller's. */
export function isResubmission(existing: Run, submission: Submission): boolean {
  return existing.submission === submission.submission;
}
