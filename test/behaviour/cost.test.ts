import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import type { Submitted } from '../../lib/client/client.ts';
import type { RunCost } from '../../lib/client/cost-view.ts';
import { dollarsOf, totalOf } from '../../lib/cost/dollars.ts';
import { pricesIn } from '../../lib/cost/prices.ts';
import { nothing, plus, sumOf, type Usage } from '../../lib/cost/usage.ts';
import { defineTask } from '../../lib/define/task.ts';
import { defineWorkflow } from '../../lib/define/workflow/define-workflow.ts';
import { type CountedBench, openCountedBench } from '../support/counted-bench.ts';
import { dynamodbEndpoints } from '../support/endpoints.ts';
import { addOne, begin, chainOf, forkOf, loopOf, steps } from './shapes.ts';

vi.setConfig({ testTimeout: 120_000 });

const text = defineTask({ name: 'text', input: z.string(), run: (given) => `${given.length}` });
const echo = defineTask({ name: 'echo', input: z.string(), run: (given) => given });
let failures = 0;
const flaky = defineTask({
  name: 'flaky',
  input: z.number(),
  retry: { maxAttempts: 3, backoff: '1ms' },
  run: (n, ctx) => {
    failures += 1;
    ctx.logger.info('tried');
    if (ctx.attempt < 3) throw new Error(`not yet ${failures}`);
    return n;
  },
});
const one = defineTask({
  name: 'one',
  input: z.number(),
  limit: { name: 'one', concurrency: 1 },
  run: (n) => n,
});
const chain5 = chainOf(5);
const chain60 = chainOf(60);
const fork10 = forkOf(10, 1);
const loop = loopOf(20);
let stumbles = 1;
const stumble = defineTask({
  name: 'stumble',
  input: z.number(),
  retry: { maxAttempts: 1 },
  run: (n) => {
    if (stumbles-- > 0) throw new Error('not yet');
    return n;
  },
});
const stumbling = defineWorkflow('stumbling', { input: z.number() })
  .step(addOne, { id: 'first' })
  .step(stumble, { id: 'second' })
  .build();
const inner = steps(begin('inner'), 1).build();
const parent = (begin('parent') as never as { child: (w: unknown, o: object) => { build(): never } })
  .child(inner, { id: 'inner' })
  .build() as typeof stumbling;
const tasks = { stumbling, inner, parent, text, echo, addOne, flaky, one, chain5, chain60, fork10, loop };

/** Dynalite does not tell what an index takes. */
const [endpoint] = dynamodbEndpoints().filter(({ name }) => name !== 'dynalite');
const open = (settings = {}) => openCountedBench(endpoint ?? expect.unreachable(), tasks, settings);

/** What was asked of AWS while the work went on. */
async function counting(bench: CountedBench, work: () => Promise<unknown>): Promise<Usage> {
  const before = bench.counted();
  await work();
  return plus(bench.counted(), before, -1);
}

/** Brings what comes once in a process: the shape of a definition. */
async function known(bench: CountedBench, workflow: { readonly name: string }): Promise<void> {
  await bench.client.submitByName(workflow.name, 1, { delay: '1d' });
}

const round = (usage: Usage): Usage =>
  Object.fromEntries(
    Object.entries(usage).map(([kind, amount]) => [kind, Math.round(amount * 1e6) / 1e6]),
  ) as never;

const costsOf = async (bench: CountedBench, runs: readonly Submitted[]): Promise<RunCost[]> =>
  Promise.all(runs.map((run) => bench.client.cost(run)));

const usageOf = (costs: readonly RunCost[]): Usage => round(sumOf(costs.map(({ usage }) => usage)));

describe('what a run says of its cost is what was counted', () => {
  it('of a single task: three writes, three of the index, one message', async () => {
    await using bench = await open();
    const runs: Submitted[] = [];
    const counted = await counting(bench, async () => {
      runs.push(await bench.client.submit(text, 'x'));
      await bench.drain();
    });
    const [cost] = await costsOf(bench, runs);
    expect(counted).toEqual({
      ...nothing,
      writes: 3,
      tableUnits: 3,
      indexUnits: 3,
      sqsRequests: 3,
      lambdaRequests: 1,
    });
    expect(cost?.usage).toEqual(counted);
    expect(cost?.parts.map(({ node, usage: { writes } }) => [node, writes])).toEqual([
      [undefined, 1],
      ['task', 2],
    ]);
    expect(cost).toMatchObject({ final: true, region: 'us-east-1' });
    expect(cost?.dollars).toBeCloseTo(totalOf(dollarsOf(counted, pricesIn())), 12);
    const inFrankfurt = await bench.client.cost(runs[0] ?? '', { region: 'eu-central-1' });
    expect(inFrankfurt.byService.dynamodb).toBeCloseTo(6 * pricesIn('eu-central-1').writeUnit, 12);
    await expect(bench.client.cost(runs[0] ?? '', { region: 'nowhere' })).rejects.toMatchObject({
      code: 'UnknownRegion',
    });
  });

  it('of a run that goes on: as far as it has come', async () => {
    await using bench = await open();
    const run = await bench.client.submit(text, 'x');
    expect(await bench.client.cost(run)).toMatchObject({
      final: false,
      usage: { ...nothing, writes: 1, tableUnits: 1, indexUnits: 1, sqsRequests: 1 },
    });
  });

  it('of tasks whose messages come ten at a time: 0.3 requests to SQS each', async () => {
    await using bench = await open();
    const runs: Submitted[] = [];
    const entries = Array.from({ length: 10 }, (_, at) => ({ ref: `r${at}`, task: text, input: `${at}` }));
    const counted = await counting(bench, async () => {
      runs.push(...(await bench.client.submitAll(entries)));
      await bench.drain(10);
    });
    expect(counted).toMatchObject({ sqsRequests: 3, lambdaRequests: 1 });
    expect(usageOf(await costsOf(bench, runs))).toEqual(counted);
  });

  it.each([
    ['a chain of five steps', chain5, 1, 6],
    ['a chain whose finished nodes leave', chain60, 1, 61],
    ['a loop of twelve rounds', loop, 12, 'done'],
    ['a fork of ten and its join', fork10, 1, 20],
  ] as const)('of %s', async (_what, workflow, input, output) => {
    await using bench = await open();
    await known(bench, workflow);
    const runs: Submitted[] = [];
    const counted = await counting(bench, async () => {
      runs.push(await bench.client.submitByName(workflow.name, input));
      await bench.drain();
    });
    expect(await bench.client.get(runs[0] ?? '')).toMatchObject({ status: 'succeeded', output });
    expect(usageOf(await costsOf(bench, runs))).toEqual(counted);
  });

  it('of a task that is tried again, with what its attempts told', async () => {
    await using bench = await open();
    const runs: Submitted[] = [];
    const counted = await counting(bench, async () => {
      runs.push(await bench.client.submit(flaky, 1));
      await bench.drain();
    });
    expect(counted).toMatchObject({ writes: 1 + 3 * 3, sqsRequests: 3 + 2 * 3 });
    expect(usageOf(await costsOf(bench, runs))).toEqual(counted);
  });

  it.each([
    ['in items of their own', 5_000, { s3Puts: 0, s3Gets: 0, reads: 1 }],
    ['in S3', 40_000, { s3Puts: 2, s3Gets: 1, reads: 0 }],
  ])('of large values, %s', async (_where, length, expected) => {
    await using bench = await open();
    const runs: Submitted[] = [];
    const counted = await counting(bench, async () => {
      runs.push(await bench.client.submit(echo, 'x'.repeat(length)));
      await bench.drain();
    });
    expect(counted).toMatchObject(expected);
    expect(usageOf(await costsOf(bench, runs))).toEqual(counted);
  });

  it('of items that are larger than a unit', async () => {
    await using bench = await open();
    for (const length of [400, 700, 1_000]) {
      const runs: Submitted[] = [];
      const counted = await counting(bench, async () => {
        runs.push(await bench.client.submit(echo, 'x'.repeat(length)));
        await bench.drain();
      });
      expect(usageOf(await costsOf(bench, runs))).toEqual(counted);
    }
  });

  it('of tasks that wait for a slot of their limit', async () => {
    await using bench = await open();
    const runs: Submitted[] = [];
    const counted = await counting(bench, async () => {
      for (const n of [1, 2, 3]) runs.push(await bench.client.submit(one, n));
      await bench.drain(10);
    });
    for (const run of runs) expect(await bench.client.get(run)).toMatchObject({ status: 'succeeded' });
    expect(usageOf(await costsOf(bench, runs))).toEqual(counted);
  });

  it('of branches that end side by side: each request, and all but a unit of each', async () => {
    await using bench = await open();
    await known(bench, fork10);
    const runs: Submitted[] = [];
    const counted = await counting(bench, async () => {
      runs.push(await bench.client.submitByName(fork10.name, 1));
      await bench.drain(10);
    });
    expect(counted.writes).toBeLessThanOrEqual(25);
    const told = usageOf(await costsOf(bench, runs));
    expect({ ...told, tableUnits: 0 }).toEqual({ ...counted, tableUnits: 0 });
    expect(counted.tableUnits - told.tableUnits).toBeGreaterThanOrEqual(0);
    expect(counted.tableUnits - told.tableUnits).toBeLessThanOrEqual(10);
  });

  it('of a run that goes on from a failed one: what had succeeded is paid once', async () => {
    await using bench = await open();
    await known(bench, stumbling);
    const runs: Submitted[] = [];
    const counted = await counting(bench, async () => {
      const failed = await bench.client.submit(stumbling, 1);
      await bench.drain();
      runs.push(failed, await bench.client.retry(failed));
      await bench.drain();
    });
    const costs = await costsOf(bench, runs);
    expect(await bench.client.get(runs[1] ?? '')).toMatchObject({ status: 'succeeded' });
    expect(costs.map(({ parts }) => parts.map(({ node }) => node))).toEqual([
      [undefined, 'first', 'second'],
      [undefined, 'second'],
    ]);
    expect(usageOf(costs)).toEqual(counted);
  });

  it('of a child, which its parent pays for as far as it starts it', async () => {
    await using bench = await open();
    await known(bench, parent);
    const runs: Submitted[] = [];
    const counted = await counting(bench, async () => {
      runs.push(await bench.client.submit(parent, 1));
      await bench.drain();
    });
    const [own] = await costsOf(bench, runs);
    const { nodes = [] } = await bench.client.get(runs[0] ?? '');
    const child = await bench.client.cost(nodes.find(({ id }) => id === 'inner')?.child?.id ?? '');
    expect(child.parts.map(({ node }) => node)).toEqual(['s0']);
    // The child's duties towards its parent, and what they read, are nobody's.
    const told = plus(own?.usage ?? nothing, child.usage);
    expect(counted.writes - told.writes).toBe(2);
  });
});
