import { defineTask, NonRetryableError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { countRuns } from '../../../lib/client/counts.ts';
import { noTenant, runId } from '../../../lib/model/ids.ts';
import type { IndexQuery } from '../../../lib/ports/run-store.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const work = defineTask({
  name: 'work',
  input: z.boolean(),
  run: (isGood) => {
    if (!isGood) throw new NonRetryableError('no');
  },
});
const none = { active: 0, paused: 0, succeeded: 0, failed: 0, cancelled: 0, skipped: 0 };

describe('counts', () => {
  it('are of one tenant, by how runs ended or that they have not', async () => {
    const system = new VirtualSystem({ work });
    for (const isGood of [true, true, false]) await system.client.submit(work, isGood);
    await system.client.submit(work, true, { tenant: 'acme' });
    await system.drive();
    const waiting = await system.client.submit(work, true);
    const parked = await system.client.submit(work, true);
    await system.client.pause(parked);
    expect(await system.client.counts()).toEqual({ ...none, active: 1, paused: 1, succeeded: 2, failed: 1 });
    expect(await system.client.counts({ tenant: 'acme' })).toEqual({ ...none, succeeded: 1 });
    expect(await system.client.counts({ tenant: 'nobody' })).toEqual(none);
    await system.client.cancel(waiting);
    await system.drive();
    await system.clock.advance(1_000);
    expect(await system.client.counts()).toMatchObject({ active: 0, paused: 1, cancelled: 1 });
  });

  it('leave out what ended earlier, but nothing that has not ended', async () => {
    const system = new VirtualSystem({ work });
    await system.client.submit(work, true);
    await system.drive();
    await system.clock.advance(10_000);
    const since = new Date(system.clock.now()).toISOString();
    await system.client.submit(work, false);
    await system.drive();
    await system.client.submit(work, true);
    expect(await system.client.counts({ since })).toEqual({ ...none, active: 1, failed: 1 });
    await expect(system.client.counts({ since: 'noon' })).rejects.toMatchObject({
      code: 'InvalidArgument',
      field: 'since',
    });
  });

  it('say where they stopped, after one request for each partition', async () => {
    const asked: IndexQuery[] = [];
    const query = async (given: IndexQuery) => {
      asked.push(given);
      const entries = [{ tenant: noTenant, run: runId('r'), at: 0 }];
      return { entries, ...(given.phase === 'failed' && given.shard === 7 && { cursor: 'more' }) };
    };
    const counted = await countRuns({ query });
    expect(counted).toMatchObject({ active: 16, failed: 16, more: ['failed'] });
    expect(asked).toHaveLength(96);
  });
});
