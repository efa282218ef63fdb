import { existsSync } from 'node:fs';
import { type Env, envNames } from '../config/env.ts';
import type { Settings } from '../config/settings.ts';
import { Registry } from '../define/registry.ts';
import type { Clock } from '../ports/clock.ts';
import { deliveryTask, type ResultSender } from '../result-delivery/task.ts';
import type { StoredCodeOptions } from '../stored-code/run-stored-code.ts';
import { storedCodeTask } from '../stored-code/task.ts';

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

/** What an executor has beside the tasks of its module. */
export interface BuiltIn {
  readonly storedCode?: Where;
  readonly delivery?: { readonly sender: ResultSender; readonly clock: Clock };
}

/**
 * The tasks of a module, and those that the settings switch on; for executors that by which results are delivered, too.
 *
 * @throws HoldfastError `NoTasks`, `DuplicateName`, `InvalidWorkflow`
 */
export function registryOf(
  tasks: Readonly<Record<string, unknown>>,
  settings: Settings,
  { delivery, storedCode }: BuiltIn = {},
): Registry {
  const builtIn = [
    ...(settings.storedCode === 'off' ? [] : [storedCodeTask(storedCodeOptions(settings, storedCode))]),
    ...(delivery ? [deliveryTask(delivery.sender, delivery.clock)] : []),
  ];
  return Registry.fromModule(tasks, builtIn);
}
