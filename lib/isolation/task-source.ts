import { existsSync } from 'node:fs';
import { type Env, envNames } from '../config/env.ts';
import type { TaskSource } from './task-threads.ts';

/** Where threads find the tasks: in the bundle's second entry, else in the module that the environment names. */
export function taskSource(env: Env, entry: URL | undefined): TaskSource | undefined {
  if (entry && existsSync(entry)) return { entry };
  const tasks = env[envNames.tasksUrl];
  return tasks === undefined ? undefined : { tasks: new URL(tasks) };
}
