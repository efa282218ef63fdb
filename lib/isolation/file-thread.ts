import { workerData } from 'node:worker_threads';
import { mapImports } from '../local/task-module.ts';
import { serveTasks } from './serve-tasks.ts';

/** The thread's main program where the tasks are a file: the same module as the executor's, loaded once more. */
const { tasks } = workerData as { readonly tasks: string };
mapImports();
serveTasks({ tasks: await import(tasks) });
