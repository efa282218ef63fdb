import { expect, it } from 'vitest';
import { readQueues } from '../../../lib/client/queues.ts';
import type { Pools } from '../../../lib/config/pools.ts';
import { HoldfastError } from '../../../lib/model/errors.ts';
import type { Queue } from '../../../lib/ports/queue.ts';
import { MemoryQueue } from '../../../lib/testing/memory-queue.ts';

const pools: Pools = {
  default: { tags: [], lanes: { normal: 'http://127.0.0.1/normal' } },
  gpu: { tags: ['gpu'], lanes: { normal: 'http://127.0.0.1/gpu', high: 'http://127.0.0.1/gpu-high' } },
};

function halfGone(thrown: Error): Queue {
  const { send, extend } = new MemoryQueue();
  const depth = async (pool: string) => {
    if (pool === 'gpu') throw thrown;
    return 7;
  };
  return { send, extend, depth };
}

it('a queue that gives no answer hides no other', async () => {
  const queue = halfGone(new HoldfastError('QueueUnreachable', 'no answer'));
  expect(await readQueues({ pools, queue })).toEqual([
    { pool: 'default', tags: [], lanes: ['normal'], waiting: 7 },
    {
      pool: 'gpu',
      tags: ['gpu'],
      lanes: ['normal', 'high'],
      error: { code: 'QueueUnreachable', message: 'no answer' },
    },
  ]);
});

it('a defect is no answer of a queue', async () => {
  await expect(readQueues({ pools, queue: halfGone(new TypeError('a defect')) })).rejects.toThrow('a defect');
});
