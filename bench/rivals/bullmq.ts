import { Queue, Worker } from 'bullmq';
import type { StartRival } from './rival.ts';

/** A job on a queue in Redis and a worker beside it; done once its result is stored there. */
export const start: StartRival = async ({ inFlight, server }) => {
  const { hostname, port } = new URL(server);
  const connection = { host: hostname, port: Number(port) };
  const queue = new Queue('bench', { connection });
  const waiting = new Map<string, () => void>();
  const worker = new Worker<{ input: number }, { output: number }>(
    'bench',
    async ({ data }) => ({ output: data.input + 1 }),
    { connection, concurrency: inFlight },
  );
  // May come before `add` has answered.
  const ended = new Set<string>();
  worker.on('completed', ({ id = '' }) => {
    const resolve = waiting.get(id);
    if (!resolve) ended.add(id);
    else if (waiting.delete(id)) resolve();
  });
  await worker.waitUntilReady();
  return {
    async run() {
      const { id = '' } = await queue.add('add-one', { input: 1 });
      if (!ended.delete(id)) await new Promise<void>((resolve) => waiting.set(id, resolve));
    },
    async close() {
      await worker.close(true);
      await queue.close();
    },
  };
};
