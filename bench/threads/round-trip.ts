import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Figure, sampler } from '../figure.ts';
import { medianOf } from '../measure.ts';

const echo = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', ([a, b]) => parentPort.postMessage(a + b));
`;

/** What any pool of threads pays: a message there and one back, with nothing around them. */
export const roundTrip: Figure = {
  name: 'bare postMessage round trip',
  unit: 'ms',
  better: 'lower',
  async prepare(size) {
    const thread = new Worker(echo, { eval: true });
    await once(thread, 'online');
    const trips = size === 'quick' ? 300 : 2_000;
    const trip = async (n: number) => {
      const answered = once(thread, 'message');
      thread.postMessage([n, 1]);
      await answered;
    };
    const sample = async () => {
      const times: number[] = [];
      for (let n = 0; n < trips; n++) {
        const before = performance.now();
        await trip(n);
        times.push(performance.now() - before);
      }
      return medianOf(times);
    };
    return sampler(sample, async () => void (await thread.terminate()));
  },
};
