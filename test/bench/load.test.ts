import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { latencyOf, rateOf } from '../../bench/load.ts';

/** Work that tells how much of it is under way. */
function observed() {
  let now = 0;
  const seen = { count: 0, most: 0 };
  const work = async () => {
    now += 1;
    seen.count += 1;
    seen.most = Math.max(seen.most, now);
    await turn();
    now -= 1;
  };
  return { seen, work };
}

it('measures latency one at a time', async () => {
  const { seen, work } = observed();
  expect(await latencyOf(work, 7)).toBeGreaterThan(0);
  expect(seen).toEqual({ count: 7, most: 1 });
});

it('measures a rate with as many in flight as asked for, and no more than there are', async () => {
  const { seen, work } = observed();
  expect(await rateOf(work, 20, 4)).toBeGreaterThan(0);
  expect(seen).toEqual({ count: 20, most: 4 });
});
