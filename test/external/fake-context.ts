import type { Context } from '../../lib/define/context.ts';
import type { Logger } from '../../lib/ports/logger.ts';

/** What an attempt would give to a handler, with what the handler does to it. */
export function fakeContext(over: Partial<Context> = {}) {
  const abort = new AbortController();
  const told: unknown[] = [];
  const at = (level: string) => (message: string, fields?: unknown) =>
    void told.push({ level, message, fields });
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  const ctx: Context = {
    runId: 'run',
    taskId: 'task',
    task: 'a-task',
    attempt: 2,
    fencingToken: 5,
    idempotencyKey: '-/run/task',
    tenant: '-',
    workerId: 'worker',
    traceparent: undefined,
    dependencies: {},
    submittedAt: '2030-01-31T12:00:00.000Z',
    signal: abort.signal,
    logger,
    checkpointed: undefined,
    progress: (value) => void told.push({ progress: value }),
    checkpoint: async (state) => void told.push({ checkpoint: state }),
    setVariable: (name, value) => void told.push({ variable: name, value }),
    remainingMs: () => 60_000,
    ...over,
  };
  return { ctx, told, abort: (reason: unknown) => abort.abort(reason) };
}
