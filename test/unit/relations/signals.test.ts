import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { again, decision, done } from '../../../lib/define/workflow/decision.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const order = z.object({ order: z.number() });
const approval = z.object({ by: z.string().max(20_000) });

const ask = defineTask({ name: 'ask', input: order, run: (input) => input });
const remind = defineTask({ name: 'remind', input: order, run: ({ order }) => ({ order, by: 'nobody' }) });
const ship = defineTask({
  name: 'ship',
  input: z.object({ order: z.number(), by: z.string() }),
  run: ({ by, order }) => `${order} by ${by}`,
});
const count = defineTask({
  name: 'count',
  input: z.object({ ticks: z.number() }),
  output: decision({ again: z.object({ ticks: z.number() }), done: z.number() }),
  run: ({ ticks }) => (ticks < 3 ? again({ ticks: ticks + 1 }) : done(ticks)),
});

const patient = defineWorkflow('patient', { input: order })
  .step(ask)
  .awaitSignal('approved', { schema: approval, merge: (value, { by }) => ({ ...value, by }) })
  .step(ship)
  .build();
const impatient = defineWorkflow('impatient', { input: order })
  .awaitSignal('approved', { schema: approval, timeout: '2h', merge: (value, { by }) => ({ ...value, by }) })
  .step(ship)
  .build();
const reminded = defineWorkflow('reminded', { input: order })
  .awaitSignal('approved', {
    schema: approval,
    timeout: '2h',
    merge: (value, { by }) => ({ ...value, by }),
    onTimeout: (b) => b.step(remind),
  })
  .step(ship)
  .build();
const both = defineWorkflow('both', { input: order })
  .fork({
    left: (b) => b.awaitSignal('go', { schema: z.string() }),
    right: (b) =>
      b
        .awaitSignal('go', { id: 'second', schema: z.string() })
        .step(defineTask({ name: 'shout', input: z.string(), run: (s) => s.toUpperCase() })),
  })
  .join('together', ({ left, right }) => [left, right])
  .build();
const ticking = defineWorkflow('ticking', { input: z.object({ ticks: z.number() }) })
  .loop('ticks', (b) => b.awaitSignal('tick', { merge: (value) => value }).step(count), { maxIterations: 10 })
  .build();

const tasks = { ask, remind, ship, count, patient, impatient, reminded, both, ticking };
const hour = 3_600_000;

describe('a signal', () => {
  it('comes while it is waited for', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(patient, { order: 7 });
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({
      status: 'waiting',
      nodes: [{ id: 'ask' }, { id: 'approved', status: 'waiting', signal: { name: 'approved' } }],
    });
    await s.client.signal(run, 'approved', { by: 'ada' });
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: '7 by ada' });
  });

  it('comes before it is waited for, and is kept', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(patient, { order: 7 });
    await s.client.signal(run, 'approved', { by: 'ada' });
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: '7 by ada' });
    expect((await s.stored(run.id)).signals).toBeUndefined();
  });

  it('counts once for each id', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(ticking, { ticks: 1 });
    for (let n = 0; n < 3; n += 1) await s.client.signal(run, 'tick', null, { id: 'same' });
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'waiting' });
    await s.client.signal(run, 'tick', null, { id: 'same' });
    await s.client.signal(run, 'tick', null);
    await s.client.signal(run, 'tick', null);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: 3 });
  });

  it('goes to one node, the next to the other', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(both, { order: 1 });
    await s.drive();
    await s.client.signal(run, 'go', 'one');
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'waiting' });
    await s.client.signal(run, 'go', 'two');
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: ['one', 'TWO'] });
  });

  it('may be large', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(patient, { order: 7 });
    await s.drive();
    const by = 'x'.repeat(10_000);
    await s.client.signal(run, 'approved', { by });
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: `7 by ${by}` });
  });

  it('that nobody knows, or that does not fit, is refused, and changes nothing', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(patient, { order: 7 });
    const task = await s.client.submit(ask, { order: 7 });
    await expect(s.client.signal(run, 'aproved', 1)).rejects.toMatchObject({
      code: 'UnknownSignal',
      hint: 'It waits for: approved.',
    });
    await expect(s.client.signal(task, 'approved', 1)).rejects.toMatchObject({
      code: 'UnknownSignal',
      hint: 'It is a task, which waits for no signals; a workflow does, by awaitSignal.',
    });
    await expect(s.client.signal(run, 'approved', { by: 1 })).rejects.toMatchObject({
      code: 'InvalidSignal',
      field: 'signal.by',
    });
    expect(await s.stored(run.id)).not.toHaveProperty('signals');
  });

  it('is refused by a run that has ended or is being cancelled, and once 64 are kept', async () => {
    const s = new VirtualSystem(tasks);
    const full = await s.client.submit(ticking, { ticks: 1 });
    await s.client.signal(full, 'tick', null);
    // The first one is taken at once.
    for (let n = 0; n < 64; n += 1) await s.client.signal(full, 'tick', null);
    await expect(s.client.signal(full, 'tick', null)).rejects.toMatchObject({ code: 'SignalsFull' });
    await s.drive();
    await expect(s.client.signal(full, 'tick', null)).rejects.toMatchObject({ code: 'AlreadyFinished' });
    const run = await s.client.submit(patient, { order: 7 });
    await s.client.cancel(run);
    await expect(s.client.signal(run, 'approved', { by: 'ada' })).rejects.toMatchObject({
      code: 'AlreadyFinished',
    });
  });

  it('is taken while the run is paused, and has it go on afterwards', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(impatient, { order: 7 });
    await s.client.pause(run);
    await s.client.signal(run, 'approved', { by: 'ada' });
    await s.clock.advance(3 * hour);
    await s.discover();
    await s.client.resume(run);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: '7 by ada' });
  });
});

describe('a signal that does not come in time', () => {
  it('fails the run', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(impatient, { order: 7 });
    await s.clock.advance(hour);
    await s.discover();
    expect(s.queue.sent).toEqual([]);
    await s.clock.advance(hour - 30_000);
    await s.discover();
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({
      status: 'failed',
      error: { code: 'SignalTimeout', message: 'approved was not signalled in time' },
    });
  });

  it('has the run go its other way, with what it had', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(reminded, { order: 7 });
    await s.clock.advance(2 * hour);
    await s.discover();
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: '7 by nobody' });
    const nodes = (await s.client.get(run)).nodes ?? [];
    expect(nodes.map(({ decision, id }) => [id, decision])).toEqual([
      ['approved', 'timeout'],
      ['approved/~/remind', undefined],
      ['ship', undefined],
    ]);
  });

  it('is not too late while nobody has noticed', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(impatient, { order: 7 });
    await s.clock.advance(3 * hour);
    await s.client.signal(run, 'approved', { by: 'ada' });
    await s.discover();
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: '7 by ada' });
  });

  it('is waited for again, as long, by a retry', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(impatient, { order: 7 });
    await s.clock.advance(2 * hour);
    await s.discover();
    await s.drive();
    const retried = await s.client.retry(run);
    expect(retried).toMatchObject({ id: `${run.id}~2`, retryOf: run.id, status: 'waiting', created: true });
    const why = await s.client.why(retried);
    expect(why).toMatchObject({
      cause: 'signal',
      signal: 'approved',
      until: new Date(s.clock.now() + 2 * hour).toISOString(),
    });
    await s.client.signal(retried, 'approved', { by: 'ada' });
    await s.drive();
    expect(await s.client.get(retried)).toMatchObject({ status: 'succeeded', output: '7 by ada' });
  });
});

describe('a run that begins later and waits first', () => {
  it('does not begin before its time, though it was signalled', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(impatient, { order: 7 }, { delay: '5m' });
    await s.client.signal(run, 'approved', { by: 'ada' });
    expect(s.queue.sent.map(({ delayMs }) => delayMs)).toEqual([300_000]);
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'succeeded' });
  });

  it('waits for its signal from then on', async () => {
    const s = new VirtualSystem(tasks);
    const run = await s.client.submit(impatient, { order: 7 }, { delay: '5m' });
    const until = new Date(s.clock.now() + 300_000 + 2 * hour).toISOString();
    expect(await s.client.why(run)).toMatchObject({ cause: 'signal', until });
  });

  it('waits for its signal from when what it depends on has succeeded', async () => {
    const s = new VirtualSystem(tasks);
    const first = await s.client.submit(patient, { order: 1 });
    const run = await s.client.submit(impatient, { order: 7 }, { dependsOn: [first] });
    await s.clock.advance(3 * hour);
    await s.discover();
    await s.client.signal(first, 'approved', { by: 'ada' });
    await s.drive();
    const until = new Date(s.clock.now() + 2 * hour).toISOString();
    expect(await s.client.why(run)).toMatchObject({ cause: 'signal', until });
    await s.clock.advance(2 * hour);
    await s.discover();
    await s.drive();
    expect(await s.client.get(run)).toMatchObject({ status: 'failed', error: { code: 'SignalTimeout' } });
  });
});
