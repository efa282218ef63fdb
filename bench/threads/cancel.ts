import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { spawn } from '../../lib/threads/index.ts';
import { type Figure, sampler } from '../figure.ts';
import { medianOf } from '../measure.ts';

/** From the cancel of a busy loop until its thread has ended: the promise rejects long before. */
export const cancel: Figure = {
  name: 'cancel of a busy loop',
  unit: 'ms',
  better: 'lower',
  toBeat: 10,
  aim: 10,
  async prepare(size) {
    const loops = size === 'quick' ? 3 : 10;
    const threads = new Set<Worker>();
    const onThread = (thread: Worker) => {
      threads.add(thread);
      thread.once('exit', () => threads.delete(thread));
    };
    process.on('worker', onThread);
    const sample = async () => {
      const times: number[] = [];
      for (let n = 0; n < loops; n++) times.push(await cancelOne(threads));
      return medianOf(times);
    };
    return sampler(sample, async () => void process.off('worker', onThread));
  },
};

async function cancelOne(threads: ReadonlySet<Worker>): Promise<number> {
  const begun = new Int32Array(new SharedArrayBuffer(4));
  const busy = spawn(loop, [begun]);
  const rejected = busy.catch(() => {});
  while (Atomics.load(begun, 0) === 0) await turn();
  // Only the one that is busy ends.
  const ended = Promise.race([...threads].map((thread) => once(thread, 'exit')));
  const before = performance.now();
  busy.cancel();
  await ended;
  const took = performance.now() - before;
  await rejected;
  return took;
}

const loop = (begun: Int32Array) => {
  Atomics.store(begun, 0, 1);
  for (;;);
};
