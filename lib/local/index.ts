export type { LocalOptions } from './options.ts';
export { type LocalRuntime, startLocal } from './runtime.ts';
