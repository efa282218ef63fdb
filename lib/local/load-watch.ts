import { writeSync } from 'node:fs';
import { HoldfastError } from '../model/errors.ts';
import { wasSignalled } from './signals.ts';

const hint = 'Let the module only define and export tasks; what a task does belongs into its `run`.';

/** Where Node ends because nothing is left to do, though a top-level await has not settled. */
const unsettledCode = 13;
const usageCode = 2;

/**
 * Imports a module, and says so when the module ends the process or waits for what never comes: either would end the
 * program without a word.
 *
 * @throws HoldfastError `TasksNotLoaded` when it never settles; else what the import throws
 */
export async function importWatched<Module>(path: string, load: () => Promise<Module>): Promise<Module> {
  const { promise: stuck, reject } = Promise.withResolvers<never>();
  const onIdle = () =>
    reject(new HoldfastError('TasksNotLoaded', neverSettles(path), { field: 'tasks', hint }));
  const onExit = (code: number) => {
    if (wasSignalled()) return;
    const what =
      code === unsettledCode
        ? neverSettles(path)
        : `The tasks module ${path} ends the process while it is loaded`;
    // Nothing asynchronous is written any more here.
    writeSync(process.stderr.fd, `TasksNotLoaded: ${what}\nhint: ${hint}\n`);
    process.exitCode = usageCode;
  };
  process.once('beforeExit', onIdle);
  process.once('exit', onExit);
  try {
    return await Promise.race([load(), stuck]);
  } finally {
    process.off('beforeExit', onIdle);
    process.off('exit', onExit);
  }
}

const neverSettles = (path: string) =>
  `The tasks module ${path} awaits something at its top level that never comes`;
