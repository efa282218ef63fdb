import type { Settings } from '../config/settings.ts';
import type { Registry } from '../define/registry.ts';
import { HoldfastError } from '../model/errors.ts';
import type { TaskSource, TaskThreads } from './task-threads.ts';

/** Runs handlers on threads. */
export type HandlerThreads = Pick<TaskThreads, 'run' | 'close'>;

/**
 * The threads for the tasks of a module that ask for them; undefined where none does. They, and the code for them, are
 * loaded with the first such task.
 *
 * @throws HoldfastError `IsolationUnavailable` where a thread would not find the tasks
 */
export function threadsFor(
  registry: Registry,
  source: TaskSource | undefined,
  { abortGrace, maxParallel, threadMemory }: Pick<Settings, 'abortGrace' | 'maxParallel' | 'threadMemory'>,
): HandlerThreads | undefined {
  const isolated = registry.tasks().find(({ isolation, run }) => isolation === 'thread' && run);
  if (!isolated) return undefined;
  if (!source) {
    throw new HoldfastError(
      'IsolationUnavailable',
      `Task ${isolated.name} asks for a thread, which could not load it: the tasks were given as an object`,
      { field: isolated.name },
    );
  }
  let loading: Promise<TaskThreads> | undefined;
  const load = async () => {
    const threads = await import('./task-threads.ts');
    const options = { size: maxParallel, graceMs: abortGrace, memoryMib: threadMemory };
    return new threads.TaskThreads(source, options);
  };
  return {
    run: async (...call) => {
      loading ??= load();
      return await (await loading).run(...call);
    },
    close: async () => {
      const threads = await loading;
      await threads?.close();
    },
  };
}
