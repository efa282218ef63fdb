import { defineTask, defineWorkflow, NonRetryableError } from 'holdfast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runCli } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/runtime.ts';

/* The command line against the embedded runtime: its API, its table, its queue, its executors. */

const add = defineTask({
  name: 'add',
  input: z.number(),
  run: (n, { dependencies }) =>
    Object.values(dependencies).reduce<number>((sum, each) => sum + Number(each), n),
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

let runtime: LocalRuntime;
beforeAll(async () => {
  runtime = await startLocal({ tasks: { add, pay, order }, port: 0 });
});
afterAll(() => runtime.close());

async function holdfast(args: readonly string[], stdin = '') {
  const said = { out: '', err: '' };
  const code = await runCli([...args, '--url', runtime.url], {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    env: {},
    color: { out: false, err: false },
    clock: systemClock,
    readStdin: async () => stdin,
    readFile: async () => '',
  });
  return { code, ...said };
}

async function json(args: readonly string[], stdin = '') {
  const { code, err, out } = await holdfast([...args, '--json'], stdin);
  expect([code, err]).toEqual([0, '']);
  return JSON.parse(out);
}

/** The cause that `why` names, once it is this one. */
const waitsFor = (id: string, cause: string) =>
  expect.poll(async () => (await json(['why', id])).cause, { timeout: 15_000 }).toBe(cause);

describe('a workflow that waits for an approval', () => {
  it('is paused, resumed, approved, and ends', async () => {
    const { id } = await json(['submit', 'order', '--input', '{"cents":5}']);
    await waitsFor(id, 'signal');
    expect((await holdfast(['why', id])).out).toBe('approved waits for the signal approved.\n');
    await holdfast(['pause', id, '--by', 'me', '--reason', 'lunch']);
    expect((await holdfast(['why', id])).out).toMatch(/^Paused by me since .*: lunch\./);
    expect((await holdfast(['pause', id])).code).toBe(5);
    expect((await holdfast(['signal', id, 'approved', '{"by":7}'])).err).toMatch(/^InvalidSignal: /);
    // While it is paused, too.
    await json(['signal', id, 'approved', '{"by":"you"}', '--id', 's-1']);
    await json(['resume', id]);
    expect((await holdfast(['watch', id])).code).toBe(0);
    const { out } = await holdfast(['get', id]);
    expect(out).toContain('output    {"paid":5}\n');
    expect(out).toMatch(/^approved +succeeded .* signal approved {2}\{"cents":5,"by":"you"\}$/m);
    expect((await holdfast(['signal', id, 'approved', '{"by":"you"}'])).code).toBe(5);
    await waitsFor(id, 'ended');
  });

  it('is cancelled', async () => {
    const { id } = await json(['submit', 'order', '--input', '{"cents":5}']);
    await waitsFor(id, 'signal');
    expect((await holdfast(['cancel', id, '--mode', 'abort'])).out).toBe(`cancelled  ${id}\n`);
    expect((await holdfast(['resume', id])).code).toBe(5);
  });
});

describe('a run that fails', () => {
  it('goes on with another input, by its id or with all that failed', async () => {
    const failed = await holdfast(['submit', 'pay', '--input', '{"cents":-1}', '--wait', '--json']);
    expect(failed.code).toBe(1);
    const { id } = JSON.parse(failed.out);
    const dry = await json(['retry', '--failed', '--name', 'pay', '--dry-run']);
    expect(dry).toEqual({ runs: [{ id, task: 'pay' }] });
    expect(await json(['retry', id, '--input', '{"cents":3}'])).toMatchObject({
      id: `${id}~2`,
      created: true,
    });
    expect((await holdfast(['watch', `${id}~2`])).out).toContain('output {"paid":3}');
    const all = await holdfast(['retry', '--failed', '--json']);
    // It was tried again already: nothing is left to do.
    expect([all.code, JSON.parse(all.out).runs]).toEqual([0, []]);
  });
});

describe('a batch', () => {
  it('runs in the order of its dependencies, and what depends on it later does, too', async () => {
    const entries = [
      { ref: 'sum', task: 'add', input: 100, dependsOn: ['one', 'ten'] },
      { ref: 'one', task: 'add', input: 1 },
      { ref: 'ten', task: 'add', input: 10, dependsOn: ['one'] },
    ];
    const batch = ['batch', '-', '--idempotency-key', 'k'];
    const { runs } = await json(batch, JSON.stringify(entries));
    const again = await json(batch, JSON.stringify(entries));
    expect(again.runs.map((run: { id: string }) => run.id)).toEqual(
      runs.map((run: { id: string }) => run.id),
    );
    const more = await json(['submit', 'add', '--input', '1000', '--depends-on', runs[0].id, '--wait']);
    expect(more.output).toBe(1_112);
  });

  it('is refused as a whole, by the real table as well', async () => {
    const before = (await json(['list', '--name', 'add', '--limit', '100'])).runs.length;
    const cycle = [
      { ref: 'a', task: 'add', input: 1, dependsOn: ['b'] },
      { ref: 'b', task: 'add', input: 1, dependsOn: ['a'] },
    ];
    const refused = await holdfast(['batch', '-'], JSON.stringify(cycle));
    expect([refused.code, refused.err]).toEqual([2, expect.stringContaining('DependencyCycle: ')]);
    const taken = [
      { ref: 'one', task: 'add', input: 7, idempotencyKey: 'k.one' },
      { ref: 'new', task: 'add', input: 1 },
    ];
    const conflict = await holdfast(['batch', '-'], JSON.stringify(taken));
    expect([conflict.code, conflict.err]).toEqual([5, expect.stringContaining('IdempotencyConflict: ')]);
    expect((await json(['list', '--name', 'add', '--limit', '100'])).runs).toHaveLength(before);
  });
});
