export type { LocalOptions } from './options.ts';
export type { LocalPool } from './pools.ts';
export { type LocalRuntime, startLocal } from './runtime.ts';
