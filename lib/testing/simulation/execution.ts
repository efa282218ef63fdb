import { AsyncLocalStorage } from 'node:async_hooks';

/** One message being executed: what it may write is judged by what it was told, not by what it sends. */
export interface Execution {
  nonce: string;
  /** Of the lease that it holds, or held; 0 before. */
  epoch: number;
  readonly hash: string;
}

export const executions = new AsyncLocalStorage<Execution>();
