export type { WorkerHandle } from './handle.ts';
export { Worker, type WorkerOptions } from './worker.ts';
