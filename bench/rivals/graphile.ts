import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import type { StartRival } from './rival.ts';

/** A job in Postgres and a worker beside it, rung by NOTIFY. It keeps no results: done once the job is taken out. */
export const start: StartRival = async ({ inFlight, server }) => {
  const connectionString = `${server}/graphile`;
  const logger = new Logger(() => () => {});
  const utils = await makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  const runner = await run({
    connectionString,
    logger,
    concurrency: inFlight,
    maxPoolSize: inFlight + 4,
    noHandleSignals: true,
    taskList: { 'add-one': async () => {} },
  });
  const waiting = new Map<string, () => void>();
  // May come before `addJob` has answered.
  const ended = new Set<string>();
  runner.events.on('job:complete', ({ job }) => {
    const id = String(job.id);
    const resolve = waiting.get(id);
    if (!resolve) ended.add(id);
    else if (waiting.delete(id)) resolve();
  });
  return {
    async run() {
      const { id } = await utils.addJob('add-one', { input: 1 });
      if (!ended.delete(String(id))) await new Promise<void>((resolve) => waiting.set(String(id), resolve));
    },
    async close() {
      await runner.stop();
      await utils.release();
    },
  };
};
