import { DBOS } from '@dbos-inc/dbos-sdk';
import type { StartRival } from './rival.ts';

/** A workflow of one step, run in the process that starts it, without a queue: the fastest that it offers. */
export const start: StartRival = async ({ server }) => {
  DBOS.setConfig({
    name: 'bench',
    systemDatabaseUrl: `${server}/dbos`,
    logLevel: 'error',
    runAdminServer: false,
  });
  const addOne = DBOS.registerWorkflow(
    async (input: number) => DBOS.runStep(async () => input + 1, { name: 'add-one' }),
    { name: 'add-one' },
  );
  await DBOS.launch();
  return {
    async run() {
      const handle = await DBOS.startWorkflow(addOne)(1);
      await handle.getResult();
    },
    close: () => DBOS.shutdown(),
  };
};
