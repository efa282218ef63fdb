import type { AttemptNotes } from '../attempts/notes.ts';
import type { Settings } from '../config/settings.ts';
import type { Registered } from '../define/registry.ts';
import type { AttemptOutcome, AttemptRecord } from '../model/attempt.ts';
import { isUnreachable } from '../model/errors.ts';
import type { Failure } from '../model/failure.ts';
import type { LeasedNode } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import { keepFor } from '../payload/payload.ts';
import { sleep } from '../ports/clock.ts';
import type { Held } from './acquire.ts';
import type { WorkerPorts } from './ports.ts';
import { keepForWorkflow } from './workflow-expiry.ts';

/** An attempt that may have something to tell. */
export interface Telling {
  readonly ports: WorkerPorts;
  readonly held: Held;
  readonly registered: Registered;
  readonly notes: AttemptNotes;
  /** Of the innermost loop around its node. */
  readonly iteration?: number;
  /** Until then an unreachable store is tried again. */
  readonly leaseUntil: EpochMs;
}

interface End {
  readonly settled: AttemptOutcome;
  readonly failure?: Failure;
}

/** The result itself waits for this, and is worth more. */
const triesMax = 3;
const pauseBetweenTriesMs = 500;

/**
 * Keeps what an attempt tells, where it has something to tell. To be called before the write that ends it: whoever sees
 * the result sees that, too. What cannot be kept is logged, and the attempt goes on without.
 */
export async function keepAttempt(telling: Telling, end: End): Promise<void> {
  const { held, leaseUntil, ports } = telling;
  if (!isKept(ports.settings.keepAttempts, telling.notes, end)) return;
  const record = recordOf(telling, end);
  for (let tries = 1; ; tries += 1) {
    try {
      return await ports.attempts.put(held.run, record, expiryOf(telling));
    } catch (error) {
      const isLate = ports.clock.now() + pauseBetweenTriesMs >= leaseUntil;
      if (!isUnreachable(error) || isLate || tries >= triesMax) {
        ports.logger.warn('what the attempt tells is not kept', { error });
        return;
      }
      await sleep(ports.clock, pauseBetweenTriesMs);
    }
  }
}

function isKept(keeping: Settings['keepAttempts'], notes: AttemptNotes, { failure }: End): boolean {
  switch (keeping) {
    case 'none':
      return false;
    case 'failures':
      return failure !== undefined;
    case 'told':
      return failure !== undefined || notes.areThere;
    case 'all':
      return true;
  }
}

function recordOf({ held, iteration, notes, ports }: Telling, { failure, settled }: End): AttemptRecord {
  const { fence, run } = held;
  const { attempt, startedAt } = run.nodes[fence.node] as LeasedNode;
  return {
    ...fence,
    attempt,
    ...(iteration !== undefined && { iteration }),
    outcome: settled,
    worker: ports.workerId,
    startedAt,
    endedAt: ports.clock.now(),
    ...(failure && { failure }),
    ...notes.told,
  };
}

function expiryOf({ held, ports, registered }: Telling): EpochMs {
  const now = ports.clock.now();
  if (held.run.kind === 'workflow') return now + keepForWorkflow(ports, registered);
  return now + keepFor.checkpoint(ports.settings.retention);
}
