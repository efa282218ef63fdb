import { type AnyTask, defineTask } from '../define/task.ts';
import { storedCodeSchema } from './input.ts';
import type { StoredCodeOptions } from './run-stored-code.ts';

export const storedCodeTaskName = 'stored-code';

/**
 * The built-in task that executes modules stored with its run. What fails, fails at once: only after a crash of its worker
 * is it executed again.
 */
export function storedCodeTask(options: StoredCodeOptions): AnyTask {
  return defineTask({
    name: storedCodeTaskName,
    input: storedCodeSchema,
    retry: { retryIf: () => false },
    run: async (stored, ctx) => {
      // Only whoever executes it needs what it takes.
      const { runStoredCode } = await import('./run-stored-code.ts');
      return await runStoredCode(stored, ctx, options);
    },
  }) as AnyTask;
}
