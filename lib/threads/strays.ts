import { AsyncLocalStorage } from 'node:async_hooks';
import workerpool from 'workerpool';
import type { Stray } from './wire.ts';

interface Call {
  readonly answerOf: (thrown: unknown) => unknown;
}

const calls = new AsyncLocalStorage<Call>();
let current: Call | undefined;
let isInstalled = false;

/**
 * Runs the one call of this thread. An error that it leaves to nobody (a floating rejection, a throw in a timer) is its
 * answer, and ends the thread, because its code may go on. What an earlier call left behind is written to stderr: the
 * running one has nothing to do with it.
 *
 * @param answerOf what the call answers when this was thrown
 */
export async function withStrays<T>(answerOf: (thrown: unknown) => T, work: () => Promise<T>): Promise<T> {
  if (!isInstalled) {
    process.on('unhandledRejection', take);
    process.on('uncaughtException', take);
    isInstalled = true;
  }
  const call: Call = { answerOf };
  current = call;
  try {
    return await calls.run(call, work);
  } finally {
    current = undefined;
  }
}

function take(thrown: unknown): void {
  const owner = calls.getStore() ?? current;
  if (owner === undefined || owner !== current) {
    console.error(thrown);
    return;
  }
  workerpool.workerEmit({ stray: owner.answerOf(thrown) } satisfies Stray);
  process.exit(1);
}
