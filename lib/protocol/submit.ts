import type { Dispatch } from '../model/message.ts';
import { type ReadyNode, type Run, schemaVersion, soleNode } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Creation } from '../model/transition.ts';
import { dispatchOf } from './dispatch.ts';
import { dispatchGraceMs, messageDelayMaxMs } from './limits.ts';
import { leaseNeedAt } from './look-in-time.ts';

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
> & { readonly attemptsMax: number; readonly delayMs: Ms; readonly leaseMs: Ms };

/**
 * The run and its doorbell. Without the doorbell the run would start a minute late: `at` says when discovery rings
 * instead. A delay beyond SQS's limit sends none and makes `at` the timer itself.
 */
export function submit(submission: Submission, now: EpochMs): { creation: Creation; dispatches: Dispatch[] } {
  const { attemptsMax, delayMs, leaseMs, ...given } = submission;
  const rings = delayMs <= messageDelayMaxMs;
  const notBefore = now + delayMs;
  const node: ReadyNode = { status: 'ready', epoch: 0, attempt: 0, attemptsMax, notBefore };
  const run: Run = {
    ...given,
    schema: schemaVersion,
    phase: 'active',
    // Early enough for the first lease, too: its claim need not move it.
    at: rings ? Math.min(notBefore + dispatchGraceMs, leaseNeedAt(notBefore + leaseMs)) : notBefore,
    rev: 0,
    epoch: 0,
    looks: 0,
    nodes: { [soleNode]: node },
    createdAt: now,
  };
  return {
    creation: { name: 'submit', run },
    dispatches: rings ? [dispatchOf(run, soleNode, { delayMs, hop: 0 })] : [],
  };
}

/** Whether the run that is there already came of the same submission: then it is the caller's. */
export function isResubmission(existing: Run, submission: Submission): boolean {
  return existing.submission === submission.submission;
}
