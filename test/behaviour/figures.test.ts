import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../lib/define/task.ts';
import type { AnyWorkflow } from '../../lib/define/workflow/workflow.ts';
import { dynamodbEndpoints, type Endpoint } from '../support/endpoints.ts';
import { type Metered, openMeteredBench } from '../support/metered-bench.ts';
import { VirtualSystem } from '../support/virtual-system.ts';
import { begin, chainOf, forkOf, loopOf, steps } from './shapes.ts';

vi.setConfig({ testTimeout: 120_000 });

const grow = defineTask({ name: 'grow', input: z.string(), run: (text) => `${text}x` });

const reads = ['GetItem', 'BatchGetItem', 'Query'];
const count = (requests: readonly Metered[], ...commands: string[]) =>
  requests.filter(({ command }) => commands.some((name) => command.startsWith(name))).length;

/** What a run costs after the definition is known, and what came out. */
async function costOf(endpoint: Endpoint, workflow: AnyWorkflow, input: unknown, atOnce = 1) {
  await using bench = await openMeteredBench(endpoint, { workflow });
  // Brings what comes once in a process: the shape of the definition.
  await bench.client.submit(workflow, input, { delay: '1d' });
  const before = bench.requests.length;
  const run = await bench.client.submit(workflow, input);
  const messages = await bench.drain(atOnce);
  const requests = bench.requests.slice(before);
  const finished = await bench.client.get(run);
  return {
    finished,
    messages,
    requests,
    updates: requests.filter(({ command }) => command.startsWith('Update')),
  };
}

describe.each(dynamodbEndpoints())('figures on the real store: $name', (endpoint) => {
  it('a further inline step is one table write, no message and no read', async () => {
    const [two, five] = [await costOf(endpoint, chainOf(2), 0), await costOf(endpoint, chainOf(5), 0)];
    expect(five.finished).toMatchObject({ status: 'succeeded', output: 5 });
    expect(count(five.requests, 'Put')).toBe(count(two.requests, 'Put'));
    expect(count(five.requests, 'Update') - count(two.requests, 'Update')).toBe(3);
    expect([two.messages, five.messages]).toEqual([1, 1]);
    expect(count(five.requests, ...reads)).toBe(0);
    // Only the claim, which brings a look forward where it must, and the end move the run in the index.
    const inner = five.updates.slice(1, -1);
    expect(inner.map(({ indexUnits }) => indexUnits)).toEqual(inner.map(() => 0));
  });

  it('the 500th step of a chain costs no more than twice the second, and finished nodes leave in bundles', async () => {
    const { finished, messages, requests, updates } = await costOf(endpoint, chainOf(500), 0);
    expect(finished).toMatchObject({ status: 'succeeded', output: 500 });
    expect(finished.nodes).toHaveLength(500);
    expect(finished.nodes?.every(({ attempt, status }) => status === 'succeeded' && attempt === 1)).toBe(
      true,
    );
    expect(messages).toBe(1);
    // The claim comes first.
    expect(updates).toHaveLength(501);
    const units = updates.slice(1).map(({ tableUnits }) => tableUnits);
    expect(units[1]).toBeGreaterThan(0);
    expect(Math.max(...units)).toBeLessThanOrEqual(2 * (units[1] ?? 0));
    const bundles = requests.filter(({ command }) => command.startsWith('Put')).slice(1);
    expect(bundles.length).toBeLessThanOrEqual(100);
    expect(Math.max(...bundles.map(({ tableUnits }) => tableUnits))).toBeLessThanOrEqual(2);
    expect(count(requests, ...reads)).toBe(0);
  });

  it('values that lie apart are not read back by the one who wrote them', async () => {
    const chain = steps(begin('growing'), 10, grow).build();
    const { finished, requests } = await costOf(endpoint, chain, 'x'.repeat(5_000));
    expect(finished).toMatchObject({ status: 'succeeded', output: 'x'.repeat(5_010) });
    // Its own first: the input came by another process.
    expect(count(requests, ...reads)).toBe(1);
  });

  it.each([
    ['one after the other', 1],
    ['side by side, what is refused counted too', 10],
  ])('a fork of 10 and its join take at most 25 table writes: %s', async (_how, atOnce) => {
    const { finished, messages, requests } = await costOf(endpoint, forkOf(10, 1), 1, atOnce);
    expect(finished).toMatchObject({ status: 'succeeded', output: 20 });
    expect(count(requests, 'Put', 'Update')).toBeLessThanOrEqual(25);
    expect(count(requests, ...reads)).toBe(0);
    expect(messages).toBe(10);
  });
});

// What takes longer is tried on one of them.
describe.each(dynamodbEndpoints().slice(0, 1))('large runs on the real store: $name', (endpoint) => {
  it('a run of 500 nodes in 16 branches', async () => {
    const { finished, requests, updates } = await costOf(endpoint, forkOf(16, 31), 0);
    expect(finished).toMatchObject({ status: 'succeeded', output: 16 * 31 });
    expect(finished.nodes).toHaveLength(16 * 31 + 1);
    expect(count(requests, ...reads)).toBe(0);
    expect(updates.length).toBeLessThanOrEqual(16 + 16 * 31 + 2);
    // Of each branch a few finished nodes stay in the item: the others have left.
    expect(Math.max(...updates.map(({ tableUnits }) => tableUnits))).toBeLessThanOrEqual(10);
  });

  it('a loop of 1,000 iterations takes one write each', async () => {
    const { finished, messages, requests, updates } = await costOf(endpoint, loopOf(1_000), 1_000);
    expect(finished).toMatchObject({ status: 'succeeded', output: 'done' });
    expect(finished.nodes?.find(({ id }) => id === 'rounds')).toMatchObject({ iteration: 1_000 });
    expect(messages).toBe(1);
    expect(updates).toHaveLength(1_001);
    expect(count(requests, 'Put')).toBe(1);
    expect(count(requests, ...reads)).toBe(0);
    expect(Math.max(...updates.map(({ tableUnits }) => tableUnits))).toBe(1);
  });
});

it('a loop of 10,000 iterations, in memory', async () => {
  const loop = loopOf(10_000);
  const system = new VirtualSystem({ loop });
  const run = await system.client.submit(loop, 10_000);
  await system.drive();
  const finished = await system.client.get(run);
  expect(finished).toMatchObject({ status: 'succeeded', output: 'done' });
  expect(finished.nodes?.find(({ id }) => id === 'rounds')).toMatchObject({ iteration: 10_000 });
  expect(JSON.stringify(await system.stored(run.id)).length).toBeLessThan(2_000);
});

it('a loop that never is done ends the run, at its limit', async () => {
  const loop = loopOf(50);
  const system = new VirtualSystem({ loop });
  const run = await system.client.submit(loop, 51);
  await system.drive();
  expect(await system.client.get(run)).toMatchObject({ status: 'failed', error: { code: 'LoopExhausted' } });
});
