import * as fc from 'fast-check';
import { defineTask, defineWorkflow, NonRetryableError } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { post, problemOf } from './start-app.ts';
import { startSystem } from './start-system.ts';

/*
 * Requests by what they do to runs: the app over the client that works beside the table.
 */
const add = defineTask({
  name: 'add',
  input: z.object({ to: z.number() }),
  run: ({ to }, { dependencies }) =>
    Object.values(dependencies).reduce<number>((sum, each) => sum + Number(each), to),
});
const pay = defineTask({
  name: 'pay',
  input: z.object({ cents: z.number() }),
  run: ({ cents }) => {
    if (cents < 0) throw new NonRetryableError('no such sum');
    return { paid: cents };
  },
});
const Approval = z.object({ by: z.string() });
const order = defineWorkflow('order', { input: z.object({ cents: z.number() }) })
  .awaitSignal('approved', { schema: Approval, merge: ({ cents }, { by }) => ({ cents, by }) })
  .step(pay)
  .build();
const tasks = { add, pay, order };

type System = ReturnType<typeof startSystem>;
const bodyOf = async (response: Response) => (await response.json()) as Record<string, unknown>;
const see = async ({ app }: System, path: string) => bodyOf(await app.request(path));

async function submitted(system: System, path: string, body: object): Promise<string> {
  const response = await post(system.app, path, body);
  expect(response.status).toBe(202);
  return String((await bodyOf(response)).id);
}

describe('a signal', () => {
  it('lets the step that waits for it go on; it counts once', async () => {
    const started = startSystem(tasks);
    const { app, system } = started;
    const id = await submitted(started, '/runs', { workflow: 'order', input: { cents: 5 } });
    await system.drive();
    expect(await see(started, `/runs/${id}/why`)).toMatchObject({ cause: 'signal', signal: 'approved' });
    const wrong = await problemOf(await post(app, `/runs/${id}/signals/approved`, { payload: { by: 7 } }));
    expect(wrong).toMatchObject({ status: 400, code: 'InvalidSignal', field: 'signal.by' });
    const unknown = await problemOf(await post(app, `/runs/${id}/signals/denied`, {}));
    expect(unknown).toMatchObject({ status: 400, code: 'UnknownSignal', hint: 'It waits for: approved.' });
    const signal = { id: 's-1', payload: { by: 'me' } };
    expect((await post(app, `/runs/${id}/signals/approved`, signal)).status).toBe(202);
    expect((await post(app, `/runs/${id}/signals/approved`, signal)).status).toBe(202);
    await system.drive();
    expect(await see(started, `/runs/${id}`)).toMatchObject({
      status: 'succeeded',
      output: { paid: 5 },
      nodes: [{ id: 'approved', signal: { name: 'approved', id: 's-1' } }, { id: 'pay' }],
    });
    expect(await see(started, `/runs/${id}/why`)).toMatchObject({ cause: 'ended' });
    const late = await problemOf(await post(app, `/runs/${id}/signals/approved`, signal));
    expect(late).toMatchObject({ status: 409, code: 'AlreadyFinished' });
  });

  it('is no task’s', async () => {
    const started = startSystem(tasks);
    const id = await submitted(started, '/tasks', { task: 'add', input: { to: 1 } });
    const problem = await problemOf(await post(started.app, `/runs/${id}/signals/approved`, {}));
    expect(problem).toMatchObject({ status: 400, code: 'UnknownSignal' });
  });
});

describe('pause, resume, cancel', () => {
  it('say who and why, and are refused twice', async () => {
    const started = startSystem(tasks);
    const { app, system } = started;
    const id = await submitted(started, '/tasks', { task: 'add', input: { to: 1 } });
    const paused = await post(app, `/runs/${id}/pause`, { reason: 'too warm', by: 'me' });
    expect([paused.status, await bodyOf(paused)]).toMatchObject([
      202,
      { status: 'paused', pause: { mode: 'graceful', reason: 'too warm', by: 'me' } },
    ]);
    const again = await problemOf(await post(app, `/runs/${id}/pause`, {}));
    expect(again).toMatchObject({ status: 409, code: 'AlreadyPaused' });
    expect(await see(started, `/runs/${id}/why`)).toMatchObject({ cause: 'paused', by: 'me' });
    await system.drive();
    expect(await see(started, `/tasks/${id}`)).toMatchObject({ status: 'paused', attempt: 0 });
    expect((await post(app, `/runs/${id}/resume`, { by: 'you' })).status).toBe(202);
    const notPaused = await problemOf(await post(app, `/runs/${id}/resume`, {}));
    expect(notPaused).toMatchObject({ status: 409, code: 'NotPaused' });
    await system.drive();
    expect(await see(started, `/tasks/${id}`)).toMatchObject({ output: 1, resumed: { by: 'you' } });
    const ended = await problemOf(await post(app, `/runs/${id}/cancel`, {}));
    expect(ended).toMatchObject({ status: 409, code: 'AlreadyFinished' });
  });

  it('raise a graceful cancel to an abort', async () => {
    const held = Promise.withResolvers<void>();
    const hold = defineTask({ name: 'hold', input: z.null(), run: () => held.promise });
    const started = startSystem({ hold });
    const { app, system } = started;
    const id = await submitted(started, '/tasks', { task: 'hold', input: null });
    const driving = system.drive();
    await expect.poll(() => see(started, `/tasks/${id}`)).toMatchObject({ status: 'running' });
    const graceful = await post(app, `/runs/${id}/cancel`, { reason: 'wrong' });
    expect([graceful.status, await bodyOf(graceful)]).toMatchObject([
      202,
      { status: 'running', cancel: { mode: 'graceful', reason: 'wrong' } },
    ]);
    const abort = await post(app, `/runs/${id}/cancel`, { mode: 'abort', by: 'me' });
    expect([abort.status, await bodyOf(abort)]).toMatchObject([202, { cancel: { mode: 'abort', by: 'me' } }]);
    const again = await problemOf(await post(app, `/runs/${id}/cancel`, { mode: 'abort' }));
    expect(again).toMatchObject({ status: 409, code: 'AlreadyCancelled' });
    held.resolve();
    await driving;
    expect(await see(started, `/tasks/${id}`)).toMatchObject({ status: 'cancelled', cancel: { by: 'me' } });
  });
});

describe('retry', () => {
  it('goes on with an edited input, once', async () => {
    const started = startSystem(tasks);
    const { app, system } = started;
    const id = await submitted(started, '/tasks', { task: 'pay', input: { cents: -1 } });
    const early = await problemOf(await post(app, `/runs/${id}/retry`, {}));
    expect(early).toMatchObject({ status: 409, code: 'NotFailed' });
    await system.drive();
    const wrong = await problemOf(await post(app, `/runs/${id}/retry`, { input: { cents: 'x' } }));
    expect(wrong).toMatchObject({ status: 400, code: 'InvalidInput', field: 'input.cents' });
    const first = await post(app, `/runs/${id}/retry`, { input: { cents: 3 } });
    expect([first.status, first.headers.get('location')]).toEqual([202, `/runs/${id}~2`]);
    expect((await post(app, `/runs/${id}/retry`, { input: { cents: 3 } })).status).toBe(200);
    const other = await problemOf(await post(app, `/runs/${id}/retry`, {}));
    expect(other).toMatchObject({ status: 409, code: 'AlreadyRetried' });
    await system.drive();
    expect(await see(started, `/runs/${id}~2`)).toMatchObject({ retryOf: id, output: { paid: 3 } });
  });

  it('of many', async () => {
    const started = startSystem(tasks);
    const { app, system } = started;
    const failed = await submitted(started, '/tasks', { task: 'pay', input: { cents: -1 } });
    await submitted(started, '/tasks', { task: 'add', input: { to: 1 } });
    await system.drive();
    const dry = await post(app, '/retries', { name: 'pay', dryRun: true });
    expect([dry.status, await bodyOf(dry)]).toEqual([200, { runs: [{ id: failed, task: 'pay' }] }]);
    const done = await post(app, '/retries', { since: '1970-01-01' });
    expect(await bodyOf(done)).toEqual({ runs: [{ id: failed, task: 'pay', retry: `${failed}~2` }] });
  });
});

describe('dependencies', () => {
  it('hold a run back until they have succeeded', async () => {
    const started = startSystem(tasks);
    const { system } = started;
    const one = await submitted(started, '/tasks', { task: 'add', input: { to: 1 } });
    const two = await submitted(started, '/tasks', { task: 'add', input: { to: 10 }, dependsOn: [one] });
    expect(await see(started, `/tasks/${two}`)).toMatchObject({
      status: 'waiting',
      dependsOn: [one],
      waitsFor: [one],
    });
    expect(await see(started, `/runs/${two}/why`)).toMatchObject({ cause: 'dependency', runs: [one] });
    await system.drive();
    expect(await see(started, `/tasks/${two}`)).toMatchObject({ status: 'succeeded', output: 11 });
  });

  it('must be there, and of the same tenant', async () => {
    const { app } = startSystem(tasks);
    const body = { task: 'add', input: { to: 1 } };
    const elsewhere = await bodyOf(await post(app, '/tasks', body, { 'x-holdfast-tenant': 'acme' }));
    for (const missing of ['nope', elsewhere.id]) {
      const problem = await problemOf(await post(app, '/tasks', { ...body, dependsOn: [missing] }));
      expect(problem).toMatchObject({ status: 400, code: 'DependencyMissing', field: 'dependsOn.0' });
    }
  });
});

describe('a batch', () => {
  const entry = (ref: string, dependsOn: string[] = []) => ({
    ref,
    task: 'add',
    input: { to: 1 },
    dependsOn,
  });

  it('runs in the order of its dependencies, and is found again', async () => {
    const started = startSystem(tasks);
    const { app, system } = started;
    const submit = () =>
      post(app, '/batches', [entry('sum', ['a', 'b']), entry('a'), entry('b', ['a'])], {
        'idempotency-key': 'k',
      });
    const first = await submit();
    expect(first.status).toBe(202);
    const { runs } = (await bodyOf(first)) as { runs: { id: string; waitsFor?: string[] }[] };
    const [sum, a, b] = runs.map(({ id }) => id);
    expect(runs.map(({ waitsFor }) => waitsFor?.toSorted())).toEqual([[a, b].toSorted(), undefined, [a]]);
    expect((await submit()).status).toBe(200);
    await system.drive();
    expect(await see(started, `/runs/${sum}`)).toMatchObject({ status: 'succeeded', output: 4 });
  });

  it.each<[string, object[], string, string]>([
    ['a cycle', [entry('a', ['c']), entry('b', ['a']), entry('c', ['b'])], 'DependencyCycle', 'dependsOn'],
    ['itself', [entry('a', ['a'])], 'DependencyCycle', 'dependsOn'],
    ['two of one name', [entry('a'), entry('a')], 'InvalidArgument', '1.ref'],
    ['a name that is none', [entry('a b')], 'InvalidName', '0.ref'],
    ['a name that reaches a prototype', [entry('a'), entry('__proto__')], 'InvalidName', '1.ref'],
    ['a run that is not there', [entry('a'), entry('b', ['a', 'nope'])], 'DependencyMissing', '1.dependsOn'],
    ['an input that does not fit', [entry('a'), { ...entry('b'), input: {} }], 'InvalidInput', '1.input.to'],
    ['an unknown tag', [{ ...entry('a'), tags: ['gpu'] }], 'UnknownTag', '0.tags'],
    [
      'two of one key',
      [1, 2].map((n) => ({ ...entry(`e${n}`), idempotencyKey: 'k' })),
      'InvalidArgument',
      '1.idempotencyKey',
    ],
    ['no traceparent', [{ ...entry('a'), traceparent: 'x' }], 'InvalidArgument', '0.traceparent'],
  ])('that has %s stores nothing', async (_what, entries, code, field) => {
    const { app, system } = startSystem(tasks);
    const problem = await problemOf(await post(app, '/batches', entries));
    expect(problem).toMatchObject({ status: 400, code, field: expect.stringContaining(field) });
    expect(system.runs.writes).toEqual([]);
  });

  it('names the cycle', async () => {
    const { app } = startSystem(tasks);
    const entries = [entry('a', ['c']), entry('b', ['a']), entry('c', ['b'])];
    const { detail } = await problemOf(await post(app, '/batches', entries));
    expect(detail).toContain('a → c → b → a');
  });
});

describe('hostile batches', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'toString', 'a.b', '__proto__', '~');
  const entries = fc.array(
    fc.record(
      {
        ref: name,
        task: fc.constantFrom('add', 'add', 'add', 'order', 'constructor'),
        input: fc.oneof({ weight: 4, arbitrary: fc.constant({ to: 1, cents: 1 }) }, fc.jsonValue()),
        dependsOn: fc.array(name, { maxLength: 2 }),
        idempotencyKey: fc.constantFrom('k', 'l', 'toString'),
        delay: fc.constantFrom('1s', 0, '366d'),
      },
      { requiredKeys: ['ref', 'task', 'input'] },
    ),
    { minLength: 1, maxLength: 6 },
  );

  it('are all or nothing, and never more than a 4xx', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(entries, { minLength: 1, maxLength: 3 }), async (batches) => {
        const { app, system } = startSystem(tasks);
        for (const batch of batches) {
          const before = (await bodyOf(await app.request('/runs?limit=100'))).runs as object[];
          const response = await post(app, '/batches', batch);
          const { runs } = (await bodyOf(await app.request('/runs?limit=100'))) as { runs: object[] };
          const created = response.status === 202 ? batch.length : 0;
          expect([200, 202, 400, 409]).toContain(response.status);
          expect(runs.length).toBe(before.length + created);
        }
        expect(system.log.filter(({ level }) => level === 'error')).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});
