import { defineTask, defineWorkflow, NonRetryableError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createApp } from '../../lib/api/app.ts';
import { noTenant, tenantId } from '../../lib/model/ids.ts';
import type { ResultSender } from '../../lib/result-delivery/task.ts';
import { VirtualSystem } from '../support/virtual-system.ts';
import { post, problemOf } from './start-app.ts';

const echo = defineTask({
  name: 'echo',
  input: z.number(),
  run: (n) => {
    if (n < 0) throw new NonRetryableError('negative');
    return n;
  },
});
const inner = defineWorkflow('inner', { input: z.number() }).step(echo).build();
const outer = defineWorkflow('outer', { input: z.number() }).child(inner).build();
const tasks = { echo, inner, outer };

function start(openRuns: number, results?: ResultSender) {
  const system = new VirtualSystem(tasks, { openRuns }, results);
  const { client, clock, registry } = system;
  const { logger } = system.ports();
  return { system, app: createApp({ client, tasks: registry, logger, clock }) };
}

type Started = ReturnType<typeof start>;
const submit = ({ app }: Started, body: object, tenant?: string) =>
  post(app, '/tasks', { task: 'echo', input: 1, ...body }, tenant ? { 'x-holdfast-tenant': tenant } : {});
const idOf = async (response: Response) => String(((await response.json()) as { id: unknown }).id);
const open = ({ system }: Started, tenant = 'a') => system.runs.openRuns(tenantId(tenant));

describe('more open runs of a tenant than it may have', () => {
  it('are refused until some have ended, and leave nothing', async () => {
    const started = start(2);
    const { system } = started;
    expect((await submit(started, {}, 'a')).status).toBe(202);
    expect((await submit(started, {}, 'a')).status).toBe(202);
    const refused = await submit(started, {}, 'a');
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await problemOf(refused)).toMatchObject({
      status: 429,
      code: 'TooManyRuns',
      detail: 'No more than 2 runs of a tenant may be open here',
    });
    expect(system.queue.sent).toHaveLength(2);
    expect((await submit(started, {}, 'b')).status).toBe(202);
    expect((await submit(started, {})).status).toBe(202);
    await system.drive();
    expect([open(started), open(started, 'b'), open(started, noTenant)]).toEqual([0, 0, 0]);
    expect((await submit(started, {}, 'a')).status).toBe(202);
  });

  it('are none where one is asked for again', async () => {
    const started = start(1);
    const first = await submit(started, { idempotencyKey: 'k' }, 'a');
    const again = await submit(started, { idempotencyKey: 'k' }, 'a');
    expect([first.status, again.status]).toEqual([202, 200]);
    expect(await idOf(again)).toBe(await idOf(first));
    expect((await submit(started, { idempotencyKey: 'l' }, 'a')).status).toBe(429);
    await started.system.drive();
    expect((await submit(started, { idempotencyKey: 'k' }, 'a')).status).toBe(200);
    expect(open(started)).toBe(0);
  });

  it.each([
    [
      'executions',
      '/executions',
      { workflowId: 'w', functionName: 'echo', parameters: 1, organization: 'a' },
    ],
    ['workflows', '/runs', { workflow: 'outer', input: 1 }],
    ['batches', '/batches', [1, 2].map((n) => ({ ref: `r${n}`, task: 'echo', input: n }))],
  ])('are not submitted as %s either', async (_, path, body) => {
    const started = start(2);
    const headers: Record<string, string> = path === '/executions' ? {} : { 'x-holdfast-tenant': 'a' };
    await submit(started, {}, 'a');
    if (path !== '/batches') await submit(started, {}, 'a');
    const before = started.system.runs.writes.length;
    const problem = await problemOf(await post(started.app, path, body, headers));
    expect(problem).toMatchObject({ status: 429, code: 'TooManyRuns' });
    expect(started.system.runs.writes).toHaveLength(before);
    await started.system.drive();
    expect((await post(started.app, path, body, headers)).status).toBe(202);
    await started.system.drive();
    expect(open(started)).toBe(0);
  });

  it('are not made of failed ones', async () => {
    const started = start(1);
    const failed = await idOf(await submit(started, { input: -1 }, 'a'));
    await started.system.drive();
    await submit(started, { delay: '5s' }, 'a');
    const inA = { 'x-holdfast-tenant': 'a' };
    const refused = await post(started.app, `/runs/${failed}/retry`, {}, inA);
    expect(await problemOf(refused)).toMatchObject({ status: 429, code: 'TooManyRuns' });
    const many = await post(started.app, '/retries', {}, inA);
    expect([many.status, await many.json()]).toMatchObject([
      202,
      { runs: [{ id: failed, error: { code: 'TooManyRuns' } }] },
    ]);
    await started.system.drive();
    expect((await post(started.app, `/runs/${failed}/retry`, {}, inA)).status).toBe(202);
    expect(open(started)).toBe(1);
    await started.system.drive();
    expect(open(started)).toBe(0);
  });
});

describe('an open run', () => {
  it('starts children as it likes: they belong to it', async () => {
    const started = start(1);
    const { app, system } = started;
    const id = await idOf(await post(app, '/runs', { workflow: 'outer', input: 1 }));
    await system.drive();
    expect(await system.client.get(id)).toMatchObject({ status: 'succeeded', output: 1 });
    expect(open(started, noTenant)).toBe(0);
  });

  it('has its result delivered, and that tried again, besides', async () => {
    let isUp = false;
    const results: ResultSender = {
      post: async () => 204,
      enqueue: async () => {
        if (!isUp) throw new NonRetryableError('no such queue');
      },
    };
    const started = start(1, results);
    const { app, system } = started;
    const id = await idOf(await submit(started, { deliverTo: [{ queue: 'results' }] }));
    await system.drive();
    expect(await system.client.get(`${id}~to1`)).toMatchObject({ status: 'failed' });
    expect(open(started, noTenant)).toBe(0);
    await submit(started, { delay: '5s' });
    isUp = true;
    expect((await post(app, `/runs/${id}~to1/retry`, {})).status).toBe(202);
    expect(open(started, noTenant)).toBe(1);
  });

  it('is one while it is paused, and none once it is cancelled', async () => {
    const started = start(1);
    const { app, system } = started;
    const id = await idOf(await submit(started, {}));
    await post(app, `/runs/${id}/pause`, {});
    await system.drive();
    expect(await system.client.get(id)).toMatchObject({ status: 'paused' });
    expect((await submit(started, {})).status).toBe(429);
    await post(app, `/runs/${id}/cancel`, {});
    expect(await system.client.get(id)).toMatchObject({ status: 'cancelled' });
    expect((await submit(started, {})).status).toBe(202);
  });

  it('shows nothing of being counted', async () => {
    const limited = await (await submit(start(1), {})).json();
    expect(limited).toEqual(await (await submit(start(0), {})).json());
  });
});

it('a batch has one place less, which is the counter’s', async () => {
  const entries = (count: number) =>
    Array.from({ length: count }, (_, n) => ({ ref: `r${n}`, task: 'echo', input: n }));
  const problem = await problemOf(await post(start(500).app, '/batches', entries(100)));
  expect(problem).toMatchObject({ status: 400, code: 'InvalidArgument', field: 'entries' });
  expect((await post(start(500).app, '/batches', entries(99))).status).toBe(202);
});

it('without a limit runs are not counted, and end in one write', async () => {
  const started = start(0);
  await submit(started, {}, 'a');
  await started.system.drive();
  expect(started.system.runs.writes).toEqual(['submit', 'claim', 'commit']);
});
