import { existsSync } from 'node:fs';
import { type Env, envNames } from '../config/env.ts';
import type { Settings } from '../config/settings.ts';
import { Registry } from '../define/registry.ts';
import type { StoredCodeOptions } from './run-stored-code.ts';
import { storedCodeTask } from './task.ts';

type Where = Pick<StoredCodeOptions, 'entry' | 'importsFrom'>;

/** Threads are a bundle's own file where it has one; packages are those of the tasks module that the environment names. */
export function storedCodeWhere(env: Env, entry: URL | undefined): Where {
  const tasks = env[envNames.tasksUrl];
  return {
    ...(entry && existsSync(entry) && { entry }),
    ...(tasks !== undefined && { importsFrom: new URL(tasks) }),
  };
}

/** What the settings say of stored code, and where its threads find what they need. */
export const storedCodeOptions = (
  { storedCodeImports, storedCodeMemory }: Pick<Settings, 'storedCodeImports' | 'storedCodeMemory'>,
  where: Where = {},
): StoredCodeOptions => ({ ...where, imports: storedCodeImports, memoryMib: storedCodeMemory });

/**
 * The tasks of a module, and those that the settings switch on.
 *
 * @throws HoldfastError `NoTasks`, `DuplicateName`, `InvalidWorkflow`
 */
export function registryOf(
  tasks: Readonly<Record<string, unknown>>,
  settings: Settings,
  where: Where = {},
): Registry {
  if (settings.storedCode === 'off') return Registry.fromModule(tasks);
  const builtIn = storedCodeTask(storedCodeOptions(settings, where));
  // No export has such a name.
  return Registry.fromModule({ ...tasks, ' built in': builtIn });
}
