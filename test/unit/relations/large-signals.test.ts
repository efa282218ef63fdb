import { defineTask, defineWorkflow } from 'holdfast';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { VirtualSystem } from '../../support/virtual-system.ts';

let isBroken = true;
const may = defineTask({
  name: 'may',
  input: z.unknown(),
  retry: { maxAttempts: 1 },
  run: (value) => {
    if (isBroken) throw new Error('broken');
    return value;
  },
});
const first = defineTask({ name: 'first', input: z.string(), run: (text) => text.slice(0, 4) });
const waits = defineWorkflow('waits', { input: z.unknown() })
  .awaitSignal('go', { schema: z.string() })
  .step(first)
  .build();
const later = defineWorkflow('later', { input: z.unknown() }).step(may).awaitSignal('go').build();
const picky = defineWorkflow('picky', { input: z.unknown() })
  .step(may)
  .awaitSignal('go', { schema: z.object({ a: z.string() }), id: 'one' })
  .awaitSignal('go', { schema: z.object({ b: z.string() }), id: 'two' })
  .build();
const tasks = { may, waits, later, picky };

const long = (text: string) => text.repeat(2_000 / text.length);

describe('a signal whose payload lies apart', () => {
  it('is not changed by another one of its id', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(waits, 1);
    await s.drive();
    await s.client.signal(run, 'go', long('GOOD'), { id: 'mail-7' });
    await s.client.signal(run, 'go', long('EVIL'), { id: 'mail-7' });
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: 'GOOD' });
  });

  it('leaves nothing behind where it is refused', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(waits, 1);
    await s.client.cancel(run);
    const put = vi.spyOn(s.payloads, 'put');
    await expect(s.client.signal(run, 'go', long('LATE'))).rejects.toMatchObject({ code: 'AlreadyFinished' });
    expect(put).not.toHaveBeenCalled();
  });

  it('goes on with a retry of its run, before anybody waits for it', async () => {
    isBroken = true;
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(later, 1);
    await s.client.signal(run, 'go', long('KEPT'));
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'failed' });
    isBroken = false;
    const retried = await s.client.retry(run);
    await s.drive();
    expect(await s.client.get(retried)).toMatchObject({ status: 'succeeded', output: long('KEPT') });
  });
});

it('a signal that fits only a later wait fails the run, and its retry waits for another one, also of that id', async () => {
  const s = new VirtualSystem(tasks);
  isBroken = false;
  const run = await s.client.submit(picky, 1);
  await s.client.signal(run, 'go', { b: 'x' }, { id: 'k' });
  await s.drive();
  expect(await s.client.get(run)).toMatchObject({ status: 'failed', error: { code: 'InvalidSignal' } });
  const retried = await s.client.retry(run);
  await s.drive();
  expect(await s.client.get(retried)).toMatchObject({ status: 'waiting' });
  await s.client.signal(retried, 'go', { a: 'x' }, { id: 'k' });
  await s.client.signal(retried, 'go', { b: 'y' }, { id: 'l' });
  await s.drive();
  expect(await s.client.get(retried)).toMatchObject({ status: 'succeeded', output: { b: 'y' } });
});
