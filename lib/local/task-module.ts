import { access } from 'node:fs/promises';
import { registerHooks } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Registry } from '../define/registry.ts';
import { HoldfastError } from '../model/errors.ts';
import { importWatched } from './load-watch.ts';
import { functionsDirectory } from './paths.ts';

/** What a tasks module exports. */
export type TaskModule = Readonly<Record<string, unknown>>;

let mapped = false;

/**
 * Lets the files in functions/ find the given module as `#tasks`, and modules outside this package find `holdfast`: the
 * instance that runs here, so that a task made there is a task here. `zod` is theirs if they have it, else ours. Only
 * the first call in a process counts.
 */
export function mapImports(tasksUrl?: string): void {
  if (mapped) return;
  mapped = true;
  const here = import.meta.url;
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === '#tasks' && tasksUrl && context.parentURL?.startsWith(functionsDirectory)) {
        return next(tasksUrl, context);
      }
      if (isOf(specifier, 'holdfast')) return next(specifier, { ...context, parentURL: here });
      if (!isOf(specifier, 'zod')) return next(specifier, context);
      try {
        return next(specifier, context);
      } catch {
        return next(specifier, { ...context, parentURL: here });
      }
    },
  });
}

const isOf = (specifier: string, name: string) => specifier === name || specifier.startsWith(`${name}/`);

export function taskModuleUrl(file: string | URL): URL {
  return file instanceof URL || file.startsWith('file:') ? new URL(file) : pathToFileURL(resolve(file));
}

/**
 * Imports a tasks module into this process.
 *
 * @throws HoldfastError `TasksNotLoaded` when it is missing or throws, `NoTasks`, `DuplicateName`
 */
export async function loadTaskModule(url: URL): Promise<TaskModule> {
  const path = fileURLToPath(url);
  try {
    await access(path);
  } catch (cause) {
    throw new HoldfastError('TasksNotLoaded', `There is no tasks module ${path}`, { field: 'tasks', cause });
  }
  mapImports();
  let module: TaskModule;
  try {
    module = await importWatched(path, () => import(url.href));
  } catch (cause) {
    if (cause instanceof HoldfastError && cause.code === 'TasksNotLoaded') throw cause;
    const what = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
    throw new HoldfastError('TasksNotLoaded', `The tasks module ${path} does not load: ${what}`, {
      field: 'tasks',
      cause,
      hint: cause instanceof HoldfastError ? cause.hint : undefined,
    });
  }
  taskNames(module, path);
  return module;
}

/** The names of a module's tasks. @throws HoldfastError `NoTasks`, `DuplicateName` */
export function taskNames(module: TaskModule, path = 'tasks'): readonly string[] {
  try {
    return Registry.fromModule(module).names();
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    throw new HoldfastError(error.code, `${path}: ${error.message}`, { field: 'tasks', cause: error });
  }
}
