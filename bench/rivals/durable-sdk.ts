import { withDurableExecution } from '@aws/durable-execution-sdk-js';
import { LocalDurableTestRunner } from '@aws/durable-execution-sdk-js-testing';
import type { StartRival } from './rival.ts';

/** A durable function of one step on the SDK's own local runner, whose server keeps everything in memory. */
export const start: StartRival = async () => {
  await LocalDurableTestRunner.setupTestEnvironment({ skipTime: false });
  const handlerFunction = withDurableExecution(async ({ input }: { input: number }, context) =>
    context.step('add-one', async () => input + 1),
  );
  return {
    async run() {
      const runner = new LocalDurableTestRunner({ handlerFunction });
      const execution = await runner.run({ payload: { input: 1 } });
      if (execution.getResult() !== 2) throw new Error(`ended ${execution.getStatus()}`);
    },
    close: () => LocalDurableTestRunner.teardownTestEnvironment(),
  };
};
