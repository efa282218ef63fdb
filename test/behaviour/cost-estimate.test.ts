import { describe, expect, it, vi } from 'vitest';
import { type Estimate, type EstimateOptions, estimate } from '../../lib/cost/estimate.ts';
import { rehearse, rehearsedTasks, rehearsedWorkerId } from '../../lib/cost/rehearsal.ts';
import { plus, type Usage, usageOfCounts } from '../../lib/cost/usage.ts';
import { startLocal } from '../../lib/local/index.ts';
import { openCountedBench } from '../support/counted-bench.ts';
import { dynamodbEndpoints } from '../support/endpoints.ts';

vi.setConfig({ testTimeout: 120_000 });

/** Dynalite does not tell what an index takes. */
const [endpoint] = dynamodbEndpoints().filter(({ name }) => name !== 'dynalite');

/** What one run of that kind asks for on a real store, and its cost as it says. */
async function counted(steps: number, payload: number) {
  const tasks = rehearsedTasks(steps);
  const [definition = ''] = Object.values(tasks).map(({ name }) => name);
  await using bench = await openCountedBench(endpoint ?? expect.unreachable(), tasks, {
    workerId: rehearsedWorkerId,
  });
  // Brings what comes once: the shape of the workflow.
  await bench.client.submitByName(definition, '', { delay: '1d' });
  const before = bench.counted();
  const run = await bench.client.submitByName(definition, 'x'.repeat(payload - 2));
  await bench.drain();
  const usage = plus(bench.counted(), before, -1);
  return { usage, cost: await bench.client.cost(run) };
}

const brought = { sqsRequests: 2, lambdaRequests: 1 };

describe('an estimate is what a real run takes', () => {
  it.each([
    [1, 2],
    [1, 300],
    [1, 1_024],
    [1, 5_000],
    [1, 20_000],
    [2, 10],
    [5, 10],
    [5, 100],
    [5, 20_000],
    [20, 10],
    [20, 500],
    [60, 10],
  ])('of %i steps with values of %i bytes', async (steps, payload) => {
    const { usage } = await counted(steps, payload);
    const rehearsed = await rehearse(steps, payload);
    expect(plus(rehearsed.usage, brought)).toEqual(usage);
  });

  it('on the embedded runtime, its queue and its mapping included', async () => {
    const runs = 10;
    const tasks = rehearsedTasks(3);
    await using runtime = await startLocal({
      tasks,
      port: 0,
      settings: { discoveryPeriod: '1h', heartbeat: '10m' },
    });
    const once = await runtime.client.submitByName('process-order', '');
    await runtime.client.wait(once, { timeout: '20s' });
    const before = usageOfCounts(runtime.requestCounts());
    const sent = runtime.requestCounts()['sqs:SendMessageBatch'] ?? 0;
    const submitted = [];
    for (let n = 0; n < runs; n += 1)
      submitted.push(await runtime.client.submitByName('process-order', 'x'.repeat(8)));
    for (const run of submitted) await runtime.client.wait(run, { timeout: '20s' });
    const usage = plus(usageOfCounts(runtime.requestCounts()), before, -1);
    const { usage: each } = await estimate({ steps: 3, payload: 10 });
    expect(usage).toMatchObject({
      writes: runs * each.writes,
      tableUnits: runs * each.tableUnits,
      indexUnits: runs * each.indexUnits,
      s3Puts: 0,
    });
    expect((runtime.requestCounts()['sqs:SendMessageBatch'] ?? 0) - sent).toBe(runs);
    const costs = await Promise.all(submitted.map((run) => runtime.client.cost(run)));
    for (const { usage: told } of costs)
      expect(told).toMatchObject({
        writes: each.writes,
        tableUnits: each.tableUnits,
        indexUnits: each.indexUnits,
      });
  });

  it('grows with the runs, and costs what its parts cost', async () => {
    const one = await estimate({ runs: 1, steps: 5, payload: 20_000 });
    const many = await estimate({ runs: 1e6, steps: 5, payload: 20_000 });
    expect(many.usage).toEqual(one.usage);
    expect(many.dollars).toBeCloseTo(1e6 * one.dollars, 6);
    expect(many.rows.map(({ what }) => what)).toEqual([
      'DynamoDB writes',
      'SQS',
      'S3 writes',
      'S3 reads',
      'Lambda requests',
      'Lambda time',
    ]);
    expect(many.dollars).toBeCloseTo(
      many.rows.reduce((sum, { dollars }) => sum + dollars, 0),
      9,
    );
  });
});

describe('what Holdfast is to cost', () => {
  const million = (options: EstimateOptions): Promise<Estimate> => estimate({ runs: 1e6, ...options });
  const unitsOf = ({ indexUnits, tableUnits }: Usage) => indexUnits + tableUnits;

  it('a single task takes six write units, three of them of the table', async () => {
    const { usage } = await counted(1, 10);
    expect(usage.tableUnits).toBeLessThanOrEqual(3);
    expect(unitsOf(usage)).toBeLessThanOrEqual(6);
    expect(usage.reads).toBe(0);
  });

  it('a further inline step takes one write of one unit, and no message', async () => {
    const [two, five] = [(await counted(2, 10)).usage, (await counted(5, 10)).usage];
    expect(plus(five, two, -1)).toMatchObject({ writes: 3, tableUnits: 3, indexUnits: 0, sqsRequests: 0 });
  });

  it('a million single tasks cost 4.50 dollars at most, a million further steps one', async () => {
    const [one, two, five, fifty] = await Promise.all(
      [1, 2, 5, 50].map((steps) => million({ steps, batch: 10, memory: 256, duration: 1, payload: 10 })),
    );
    expect(one?.dollars).toBeLessThanOrEqual(4.5);
    const further = (a?: Estimate, b?: Estimate, steps = 1) =>
      ((b?.dollars ?? 0) - (a?.dollars ?? 0)) / steps;
    expect(further(one, two)).toBeLessThanOrEqual(1);
    expect(further(two, five, 3)).toBeLessThanOrEqual(1);
    expect(further(five, fifty, 45)).toBeLessThanOrEqual(1);
  });

  it('the 500th step of a chain takes no more than twice the units of the second', async () => {
    const { cost } = await counted(500, 10);
    const units = cost.parts.filter(({ node }) => node !== undefined).map(({ usage }) => usage.tableUnits);
    expect(units).toHaveLength(500);
    expect(units[499]).toBeLessThanOrEqual(2 * (units[1] ?? 0));
    // Finished nodes leave in bundles: each is a write, too.
    expect(Math.max(...units.slice(1))).toBeLessThanOrEqual(2 * (units[1] ?? 0));
  });
});
