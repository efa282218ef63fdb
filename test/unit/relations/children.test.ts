import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { noTenant, runId } from '../../../lib/model/ids.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const bill = defineTask({
  name: 'bill',
  input: z.number(),
  retry: { maxAttempts: 1 },
  run: (amount) => {
    if (amount < 0) throw new RangeError('negative');
    return amount > 1_000 ? 'x'.repeat(amount) : `bill of ${amount}`;
  },
});
const send = defineTask({ name: 'send', input: z.string(), run: (text) => `sent ${text.length}` });
const fails = defineTask({
  name: 'fails',
  input: z.number(),
  retry: { maxAttempts: 1 },
  run: () => {
    throw new Error('no');
  },
});
const invoice = defineWorkflow('invoice', { input: z.number() }).step(bill).build();
const gated = defineWorkflow('gated', { input: z.number() })
  .awaitSignal('go', { schema: z.string() })
  .build();
const order = defineWorkflow('order', { input: z.number() }).child(invoice).step(send).build();
const waiting = defineWorkflow('waiting', { input: z.number() }).child(gated).step(send).build();
const deep = defineWorkflow('deep', { input: z.number() }).child(waiting).step(send, { id: 'again' }).build();
const mixed = defineWorkflow('mixed', { input: z.number() })
  .fork({ child: (b) => b.child(gated), breaks: (b) => b.step(fails) })
  .join('joined', ({ child }) => child)
  .build();
const tasks = { bill, send, invoice, gated, order, waiting, deep, mixed };

/** The run that a node stands for. */
async function childOf(s: VirtualSystem, run: { readonly id: string }, node: string): Promise<string> {
  const child = Object.entries((await s.stored(run.id)).nodes).find(([id]) => id === node)?.[1].child?.run;
  if (!child) throw new Error(`node ${node} stands for no run`);
  return child;
}

describe('a child run', () => {
  it('gives its output to its parent', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(order, 5);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: 'sent 9' });
    const child = await childOf(s, run, 'invoice');
    expect(await s.client.get(child)).toMatchObject({
      status: 'succeeded',
      task: 'invoice',
      parent: { id: run.id, node: 'invoice' },
    });
    expect((await s.stored(child)).phase).toBe('succeeded');
  });

  it('gives a large output, too, that stays with the parent', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(order, 5_000);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: 'sent 5000' });
  });

  it('fails its parent, with the cause', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(order, -1);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({
      status: 'failed',
      error: { code: 'ChildFailed', message: expect.stringContaining('RangeError: negative') },
    });
  });

  it('that does not fit its input fails its parent', async () => {
    const strict = defineWorkflow('strict', { input: z.number().max(3) })
      .step(bill)
      .build();
    const parent = defineWorkflow('parent', { input: z.number() }).child(strict).build();
    const s = new VirtualSystem({ parent });
    const run = await s.client.submit(parent, 5);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'failed', error: { code: 'InvalidInput' } });
  });

  it('is what its parent waits for, over levels', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(deep, 1);
    await s.drive();
    const middle = await childOf(s, run, 'waiting');
    const inner = await childOf(s, { id: middle }, 'gated');
    expect(await s.client.why(run)).toMatchObject({ cause: 'child', runs: [middle] });
    expect(await s.client.why(middle)).toMatchObject({ cause: 'child', runs: [inner] });
    expect(await s.client.why(inner)).toMatchObject({ cause: 'signal', signal: 'go' });
    await s.client.signal(inner, 'go', 'four');
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: 'sent 6' });
  });

  it('is cancelled with its parent, and theirs', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(deep, 1);
    await s.drive();
    const middle = await childOf(s, run, 'waiting');
    const inner = await childOf(s, { id: middle }, 'gated');
    expect(await s.client.cancel(run, { by: 'ada' })).toMatchObject({ status: 'cancelled' });
    for (const id of [run.id, middle, inner]) expect((await s.stored(id)).phase).toBe('cancelled');
    expect(await s.client.get(inner)).toMatchObject({ cancel: { by: 'ada' } });
  });

  it('that was never started finds its place taken', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(order, 1);
    const child = await childOf(s, run, 'invoice');
    await s.client.cancel(run);
    expect(await s.client.get(child)).toMatchObject({ status: 'cancelled', parent: { id: run.id } });
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'cancelled' });
  });

  it('is cancelled when its parent fails', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(mixed, 1);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'failed', error: { message: 'no' } });
    expect((await s.stored(run.id)).phase).toBe('failed');
    expect(await s.client.get(await childOf(s, run, 'joined/child/gated'))).toMatchObject({
      status: 'cancelled',
    });
  });

  it('tells a paused parent, which goes on when it is resumed', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(waiting, 1);
    await s.drive();
    const child = await childOf(s, run, 'gated');
    await s.client.pause(run);
    await s.client.signal(child, 'go', 'word');
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'paused' });
    expect(await s.client.get(child)).toMatchObject({ status: 'succeeded' });
    await s.client.resume(run);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: 'sent 4' });
  });

  it('is started anew by a retry of its parent', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(order, -1);
    await s.drive();
    const retried = await s.client.retry(run, { input: 7 });
    await s.drive();
    expect(await s.client.get(retried)).toMatchObject({ status: 'succeeded', output: 'sent 9' });
    expect(await childOf(s, retried, 'invoice')).not.toBe(await childOf(s, run, 'invoice'));
  });

  it('that is gone is noticed', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(waiting, 1);
    await s.drive();
    const child = await childOf(s, run, 'gated');
    s.runs.forget({ tenant: noTenant, run: runId(child) });
    await s.clock.advance(25 * 3_600_000);
    await s.discover();
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({
      status: 'failed',
      error: { code: 'ChildFailed', message: expect.stringContaining('is not there any more') },
    });
  });

  it('belongs to the trace of its parent, and so does its retry', async () => {
    const s = new VirtualSystem(tasks);
    const trace = '0af7651916cd43dd8448eb211c80319c';
    const run = await s.client.submit(order, -1, { traceparent: `00-${trace}-b7ad6b7169203331-01` });
    await s.drive();
    const child = await s.stored(await childOf(s, run, 'invoice'));
    expect(child.traceparent).toContain(trace);
    expect((await s.stored((await s.client.retry(run)).id)).traceparent).toContain(trace);
  });
});
