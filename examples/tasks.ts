export { agent } from './agent/task.ts';
export { claim } from './claim.ts';
export { fileReport } from './pipeline/pipeline.ts';
export { burn } from './tasks/burn.ts';
export { echo } from './tasks/echo.ts';
export { fail } from './tasks/fail.ts';
export { fileStats } from './tasks/file-stats.ts';
export { sleep } from './tasks/sleep.ts';
