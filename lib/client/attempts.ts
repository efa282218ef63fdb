import type { AttemptRecord, LogLine } from '../model/attempt.ts';
import { HoldfastError } from '../model/errors.ts';
import type { NodeId } from '../model/ids.ts';
import type { RunKey } from '../model/run.ts';
import { toIso } from '../model/time.ts';
import type { AttemptsPage, AttemptView, LogView } from './attempt-view.ts';
import type { AttemptsOptions } from './client.ts';
import { readRun } from './key.ts';
import type { ClientPorts } from './ports.ts';
import { errorOf } from './view.ts';

const limitDefault = 20;
const limitMax = 100;
/** Longer than the longest path there can be. */
const nodeCharsMax = 512;

/** @throws HoldfastError `NotFound`, `InvalidArgument` */
export async function listAttempts(
  ports: Pick<ClientPorts, 'attempts' | 'runs'>,
  key: RunKey,
  { cursor, limit = limitDefault, node }: AttemptsOptions,
): Promise<AttemptsPage> {
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax)
    throw invalid('limit', `must be a whole number from 1 to ${limitMax}`);
  if (node !== undefined && (node.length < 1 || node.length > nodeCharsMax))
    throw invalid('node', `must have 1 to ${nodeCharsMax} characters`);
  await readRun(ports, key);
  const page = await ports.attempts.list(key, {
    limit,
    ...(node !== undefined && { node: node as NodeId }),
    ...(cursor !== undefined && { cursor }),
  });
  return { ...page, attempts: page.attempts.map(attemptViewOf) };
}

export function attemptViewOf(record: AttemptRecord): AttemptView {
  const { attempt, endedAt, failure, iteration, logs = [], node, outcome, resources, startedAt } = record;
  const error = errorOf({ failure });
  return {
    node,
    attempt,
    ...(iteration !== undefined && { iteration }),
    outcome,
    workerId: record.worker,
    startedAt: toIso(startedAt),
    endedAt: toIso(endedAt),
    durationMs: Math.max(0, endedAt - startedAt),
    ...(error && { error }),
    logs: logs.map(logViewOf),
    variables: record.variables ?? {},
    ...(resources && { resources }),
  };
}

const logViewOf = ({ at, ...line }: LogLine): LogView => ({ at: toIso(at), ...line });

const invalid = (field: string, what: string): HoldfastError =>
  new HoldfastError('InvalidArgument', `${field} ${what}`, { field });
