import type { Shape } from '../model/definition.ts';
import type { DefinitionHash, RunId } from '../model/ids.ts';
import type { Dispatch } from '../model/message.ts';
import type { Payload } from '../model/payload.ts';
import type { Run } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Creation } from '../model/transition.ts';
import type { NodePlan } from './open.ts';
import { submit } from './submit.ts';

/** The run that delivers the result of another one, to the target at that place of its list. The same each time. */
export const deliveryRunId = (run: RunId, index: number): RunId => `${run}~to${index + 1}` as RunId;

export interface ResultDelivery {
  readonly id: RunId;
  readonly hash: DefinitionHash;
  readonly shape: Shape;
  readonly plan: NodePlan;
  /** What is delivered, and where to. */
  readonly input: Payload;
  /** As submissions ask for; the task of a delivery has no children. */
  readonly nameChild: () => RunId;
}

/**
 * A result is delivered by a run of its own, so that a delivery is leased, tried again, taken over, seen and redriven like
 * any other task. All that the run that has ended owes is that this one is there:
 *
 * ```
 * A  commit (phase ending) ── create ~to1 ── crash
 * D                                               look: create ~to1 (it is there) ── create ~to2 ── leave
 * ```
 */
export function deliveryRun(
  run: Run,
  { hash, id, input, nameChild, plan, shape }: ResultDelivery,
  now: EpochMs,
): { creation: Creation; dispatches: Dispatch[] } {
  const { pool, priority, tenant, traceparent } = run;
  return submit(
    {
      tenant,
      run: id,
      kind: 'task',
      name: shape.name,
      hash,
      submission: `result of ${run.run}`,
      input,
      pool,
      priority,
      tags: [],
      ...(traceparent !== undefined && { traceparent }),
      deliveryOf: run.run,
      shape,
      planOf: () => plan,
      delayMs: 0,
      nameChild,
    },
    now,
  );
}
