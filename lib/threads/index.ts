export { type ServeOptions, serveTasks } from '../isolation/serve-tasks.ts';
export { CancellationError, CapturedVariable, ThreadEnded, TimeoutError } from './errors.ts';
export { closePool, configurePool, getPool, type PoolOptions, type ThreadPool } from './pool.ts';
export {
  cancelAll,
  type ModuleExport,
  moduleExport,
  type Spawned,
  type SpawnOptions,
  spawn,
  spawnAll,
} from './spawn.ts';
