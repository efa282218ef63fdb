import type { Usage } from '../cost/usage.ts';
import type { TaskLimit } from '../define/limit.ts';
import { enterWaiter } from '../limits/waiters.ts';
import type { Reached } from '../model/limit.ts';
import type { Run } from '../model/run.ts';
import type { Held } from './acquire.ts';
import type { WorkerPorts } from './ports.ts';

/** One that has a permit comes back at its time. */
const waits = (limited: Reached | undefined): limited is Reached =>
  limited !== undefined && limited.permit === undefined;

/** One without a permit waits for a slot. A run that was asked to stop meanwhile does not. */
export async function queueUp(
  { held, limit, ports }: { held: Held; limit: TaskLimit | undefined; ports: WorkerPorts },
  run: Run,
  limited: Reached | undefined,
): Promise<void> {
  if (!limit || !waits(limited) || run.control) return;
  const agingMs = ports.settings.agingInterval;
  await enterWaiter(ports, run, { node: held.fence.node, limited, rule: limit, agingMs });
}

/** What that takes: it is entered, and the slots are read once more. */
export const queueingUsage = (limit: TaskLimit | undefined, limited: Reached | undefined): Partial<Usage> =>
  limit && waits(limited) ? { writes: 1, tableUnits: 1, reads: 1, readUnits: 1 } : {};
