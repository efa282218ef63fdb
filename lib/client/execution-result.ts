import type { AttemptView, LogView } from './attempt-view.ts';
import type { ExecutionLog, ExecutionResult } from './execution-view.ts';
import type { Run, SucceededRun } from './run-view.ts';

/** Where there is none. */
export const noExecution = (executionId: string): ExecutionResult => ({
  ...nothing,
  executionId,
  success: false,
  error: `There is no execution ${executionId}`,
  errorType: 'ContextNotFound',
});

const nothing = {
  success: null,
  status: null,
  result: null,
  error: null,
  errorType: null,
  durationMs: 0,
  logs: [],
  variables: {},
  workerId: null,
} as const;

/**
 * What became of a run, in the shape of an execution's result.
 *
 * @param attempts what those of the run told
 */
export function executionResult(run: Run, attempts: readonly AttemptView[], now: number): ExecutionResult {
  // One that was handed back and went on counts as one.
  const last = run.kind === 'task' ? attempts.filter(({ attempt }) => attempt === run.attempt) : attempts;
  return {
    ...nothing,
    executionId: run.id,
    status: run.status,
    ...outcomeOf(run),
    durationMs: durationOf(run, now),
    logs: last.flatMap(({ logs }) => logs.map(logOf)),
    variables: Object.assign({}, ...last.map(({ variables }) => variables)),
    workerId: run.workerId ?? null,
  };
}

function outcomeOf(run: Run): Partial<ExecutionResult> {
  switch (run.status) {
    case 'succeeded':
      return run.outputBytes === undefined ? { success: true, result: run.output ?? null } : notShown(run);
    case 'failed':
      return { success: false, ...errorOf(run.error) };
    case 'cancelled':
      return { success: false, error: run.cancel?.reason ?? 'It was cancelled', errorType: 'Cancelled' };
    case 'skipped':
      return { success: false, ...(run.error ? errorOf(run.error) : { errorType: 'Skipped' }) };
    default:
      return run.error ? errorOf(run.error) : {};
  }
}

const notShown = ({
  id,
  outputBytes,
  outputLost,
}: Pick<SucceededRun, 'id' | 'outputBytes' | 'outputLost'>): Partial<ExecutionResult> => ({
  success: true,
  error: outputLost
    ? `The result, the output of run ${id}, is gone, or is not what was stored`
    : `The result has ${outputBytes} bytes, more than is shown here: it is the output of run ${id}`,
  errorType: outputLost ? 'PayloadMissing' : 'OutputTooLarge',
});

const errorOf = ({ message, type }: { message: string; type: string }) => ({
  error: message,
  errorType: type,
});

function durationOf(run: Run, now: number): number {
  if ('durationMs' in run) return run.durationMs;
  return run.startedAt === undefined ? 0 : Math.max(0, now - Date.parse(run.startedAt));
}

const logOf = ({ at, fields, level, message }: LogView): ExecutionLog => ({
  at,
  level,
  message,
  ...(fields && { fields }),
});
