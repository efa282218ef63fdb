import { expect, it } from 'vitest';
import { readQueues } from '../../../lib/client/queues.ts';
import type { Pools } from '../../../lib/config/pools.ts';
import { HoldfastError } from '../../../lib/model/errors.ts';
import type { PoolQueues } from '../../../lib/ports/pool-queues.ts';

const pools: Pools = {
  default: { tags: [], lanes: { normal: 'http://127.0.0.1/normal' } },
  gpu: { tags: ['gpu'], lanes: { normal: 'http://127.0.0.1/gpu', high: 'http://127.0.0.1/gpu-high' } },
};

const counts = { waiting: 7, inFlight: 2, delayed: 1, deadLetters: 3 };

function halfGone(thrown: Error): PoolQueues {
  return {
    counts: async (pool) => {
      if (pool === 'gpu') throw thrown;
      return counts;
    },
    redrive: async () => 0,
  };
}

it('a queue that gives no answer hides no other', async () => {
  const poolQueues = halfGone(new HoldfastError('QueueUnreachable', 'no answer'));
  expect(await readQueues({ pools, poolQueues })).toEqual([
    { pool: 'default', tags: [], lanes: ['normal'], ...counts },
    {
      pool: 'gpu',
      tags: ['gpu'],
      lanes: ['normal', 'high'],
      error: { code: 'QueueUnreachable', message: 'no answer' },
    },
  ]);
});

it('a defect is no answer of a queue', async () => {
  await expect(readQueues({ pools, poolQueues: halfGone(new TypeError('a defect')) })).rejects.toThrow(
    'a defect',
  );
});
