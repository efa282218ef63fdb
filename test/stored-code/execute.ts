import { takeNotes } from '../../lib/attempts/note-taker.ts';
import { AttemptNotes } from '../../lib/attempts/notes.ts';
import { systemClock } from '../../lib/compose/system.ts';
import type { Context } from '../../lib/define/context.ts';
import type { Logger } from '../../lib/ports/logger.ts';
import { storedCodeSchema } from '../../lib/stored-code/input.ts';
import { runStoredCode, type StoredCodeOptions } from '../../lib/stored-code/run-stored-code.ts';

interface Given extends Partial<StoredCodeOptions> {
  readonly filePath?: string;
  readonly functionName?: string;
  readonly parameters?: unknown;
  readonly signal?: AbortSignal;
}

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };

/** Executes modules, or one, as the task does, with a context that notes what they tell. */
export async function execute(code: string | Record<string, string>, given: Given = {}) {
  const { filePath = 'main.js', functionName = 'main', parameters = null, signal, ...options } = given;
  const modules = typeof code === 'string' ? { [filePath]: code } : code;
  const stored = storedCodeSchema.parse({ code: modules, filePath, functionName, parameters });
  const notes = new AttemptNotes(systemClock);
  const ctx = {
    runId: 'r1',
    tenant: 'acme',
    attempt: 1,
    execution: { workflowId: 'w1', caller: 'ann' },
    signal: signal ?? new AbortController().signal,
    logger: notes.logger(silent),
    setVariable: (name: string, value: unknown) => notes.setVariable(name, value),
  } as unknown as Context;
  takeNotes(ctx, notes);
  const running = runStoredCode(stored, ctx, { memoryMib: 64, imports: [], ...options });
  const ended: { value?: unknown; error?: unknown } = await running.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  notes.close();
  return { ...ended, ...notes.told };
}
