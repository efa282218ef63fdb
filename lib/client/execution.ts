import { HoldfastError } from '../model/errors.ts';
import { noTenant, runId, tenantId } from '../model/ids.ts';
import type { Run, RunKey } from '../model/run.ts';
import type { AttemptView } from './attempt-view.ts';
import { attemptViewOf } from './attempts.ts';
import { executionResult, noExecution } from './execution-result.ts';
import type { ExecutionResult } from './execution-view.ts';
import { readRun } from './key.ts';
import type { ClientPorts } from './ports.ts';
import { viewOf } from './view.ts';

/** A function answers with 6 MB at most. */
const resultBytesMax = 2_500_000;

/** What became of an execution, or that there is none. @throws HoldfastError `InvalidArgument` */
export async function readExecution(
  ports: ClientPorts,
  id: string,
  organization: string | undefined,
): Promise<ExecutionResult> {
  const tenant = organization === undefined ? noTenant : tenantId(organization);
  const key = { tenant, run: runId(id) };
  const run = await runOrNone(ports, key);
  if (!run) return noExecution(id);
  const now = ports.clock.now();
  const [view, attempts] = await Promise.all([
    viewOf(run, ports.payloads, now, resultBytesMax),
    allAttempts(ports, run),
  ]);
  return executionResult(view, attempts, now);
}

async function runOrNone(ports: ClientPorts, key: RunKey): Promise<Run | undefined> {
  try {
    return await readRun(ports, key);
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'NotFound') return undefined;
    throw error;
  }
}

async function allAttempts({ attempts }: ClientPorts, run: Run): Promise<readonly AttemptView[]> {
  const found: AttemptView[] = [];
  // Nobody has begun it.
  if (run.epoch === 0) return found;
  let cursor: string | undefined;
  do {
    const page = await attempts.list(run, { limit: 100, ...(cursor !== undefined && { cursor }) });
    found.push(...page.attempts.map(attemptViewOf));
    cursor = page.cursor;
  } while (cursor !== undefined);
  return found;
}
