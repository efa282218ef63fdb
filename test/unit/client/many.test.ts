import { defineTask } from 'holdfast';
import { expect, it, vi } from 'vitest';
import * as z from 'zod';
import { HoldfastError } from '../../../lib/model/errors.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

it('a run that ends after it was found stands there with why it was refused; the others are cancelled', async () => {
  const system = new VirtualSystem({ echo });
  const { client, clock, runs } = system;
  const first = await client.submit(echo, 1);
  await clock.advance(1_000);
  const second = await client.submit(echo, 2);
  const getMany = runs.getMany.bind(runs);
  vi.spyOn(runs, 'getMany').mockImplementationOnce(async (keys) => {
    const found = await getMany(keys);
    await client.cancel(second);
    return found;
  });
  expect(await client.cancelAll()).toEqual([
    {
      id: second.id,
      task: 'echo',
      status: 'ready',
      error: { code: 'AlreadyCancelled', message: expect.stringContaining(second.id) },
    },
    { id: first.id, task: 'echo', status: 'cancelled' },
  ]);
});

it('without the store nothing more is done', async () => {
  const system = new VirtualSystem({ echo });
  const { client, runs } = system;
  for (const n of [1, 2, 3]) await client.submit(echo, n);
  const apply = vi.spyOn(runs, 'apply').mockRejectedValue(new HoldfastError('StoreUnreachable', 'gone'));
  await expect(client.pauseAll()).rejects.toMatchObject({ code: 'StoreUnreachable' });
  expect(apply).toHaveBeenCalledTimes(1);
});

it('there are more than a page of them', async () => {
  const system = new VirtualSystem({ echo });
  for (let n = 0; n < 250; n += 1) await system.client.submit(echo, n, { delay: '1d' });
  expect(await system.client.pauseAll({ limit: 240 })).toHaveLength(240);
  expect(await system.client.resumeAll({ limit: 1_000 })).toHaveLength(240);
  expect(await system.client.cancelAll({ limit: 1_000 }, { dryRun: true })).toHaveLength(250);
});

it.each([
  [{ limit: 0 }, 'limit'],
  [{ limit: 1_001 }, 'limit'],
  [{ status: 'succeeded' as const }, 'status'],
  [{ since: 'soon' }, 'since'],
])('refuses %j', async (filter, field) => {
  const { client } = new VirtualSystem({ echo });
  await expect(client.cancelAll(filter)).rejects.toMatchObject({ code: 'InvalidArgument', field });
});
