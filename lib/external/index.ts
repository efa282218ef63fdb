export { type ExternalExecutor, externalExecutor } from './external-executor.ts';
export { type ExternalTaskOptions, type ExternalTasks, externalTasks } from './external-tasks.ts';
export type { ExternalOptions } from './options.ts';
