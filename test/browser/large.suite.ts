import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { defineTask, defineWorkflow } from 'holdfast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { seed } from '../../bench/growth/seed.ts';
import type { Builder } from '../../lib/define/workflow/builder.ts';
import { documentClient } from '../../lib/dynamodb/document-client.ts';
import { encodeRun } from '../../lib/dynamodb/item.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import type { DefinitionHash, NodeId, RunId } from '../../lib/model/ids.ts';
import { type RunNode, soleNode } from '../../lib/model/run.ts';
import { readyNode, sampleRun, start } from '../support/sample-run.ts';
import { clientConfig } from '../support/test-table.ts';
import { chromiumPath, eventually, patience, stage } from './stage.ts';

/* Large stacks and large trees: the page stays one that can be used. */

const add = defineTask({ name: 'add', input: z.number(), run: (n) => n + 1 });
/** Of each five nodes of the graph: a step, the head of a fork, two branches, a join. */
const rounds = 100;

/** 500 nodes, and the start and the end. Of a length that no type knows. */
function broad() {
  let builder = defineWorkflow('broad', { input: z.number() }) as unknown as Builder;
  for (let n = 0; n < rounds; n += 1)
    builder = builder
      .step(add, { id: `step-${n}` })
      .fork({ left: (b: Builder) => b.map('l', Number), right: (b: Builder) => b.map('r', Number) })
      .join(`join-${n}`, () => n);
  return builder.build();
}

const succeeded = (n: number): RunNode => ({
  ...readyNode,
  status: 'succeeded',
  attempt: 1,
  notBefore: start + n * 10,
  startedAt: start + n * 10 + 2,
  endedAt: start + n * 10 + 9,
  output: { text: `${n}` },
});

describe.skipIf(chromiumPath === undefined)('the dashboard of', patience, () => {
  const { open } = stage();
  const db = () =>
    documentClient(new DynamoDBClient(clientConfig({ name: '', url: runtime.endpoints.dynamodb })));
  const table = () => runtime.env.HOLDFAST_TABLE ?? '';
  let runtime: LocalRuntime;
  beforeAll(async () => {
    runtime = await startLocal({
      tasks: { broad: broad() },
      port: 0,
      shutdownGrace: '0ms',
      logLevel: 'error',
    });
  }, patience.timeout);
  afterAll(() => runtime?.close());

  it('a run of 500 nodes draws all of them, and each can be chosen', async () => {
    const { hash } = await runtime.client.definition('broad');
    const paths = Array.from({ length: rounds }, (_, n) => [
      `step-${n}`,
      `join-${n}/left/l`,
      `join-${n}/right/r`,
      `join-${n}`,
    ]).flat();
    const last = 'join-99' as NodeId;
    const run = sampleRun({
      kind: 'workflow',
      name: 'broad',
      hash: hash as DefinitionHash,
      phase: 'succeeded',
      result: last,
      at: start + 5_000,
      endedAt: start + 5_000,
      nodes: Object.fromEntries(paths.map((path, n) => [path, succeeded(n)])),
    });
    await db().send(new PutCommand({ TableName: table(), Item: encodeRun(run) }));
    const page = await open(`${runtime.url}/#/runs/${run.run}`);
    // The timeline is there while the graph is still being laid out.
    await page.locator('.timeline a', { hasText: 'step-0' }).first().waitFor();
    await eventually(() => page.locator('g.node').count()).toBe(502);
    expect(await page.locator('g.node.is-succeeded').count()).toBe(400);
    // Of the timeline only what is seen is there.
    expect(await page.locator('.timeline tbody tr').count()).toBeLessThan(60);
    const first = page.locator('g.node', { hasText: 'step-0' }).first();
    await first.click();
    await page.getByRole('heading', { name: 'Node step-0' }).waitFor();
    await first.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Node join-0/left/l' }).waitFor();
  });

  it('10,000 runs shows all of them, and keeps few of them in the page', async () => {
    const total = 10_000;
    let n = 0;
    await seed(db(), table(), total, (id: RunId) => {
      n += 1;
      return sampleRun({
        run: id,
        name: n === 1 ? 'rare' : n % 2 ? 'odd' : 'even',
        phase: 'succeeded',
        at: start + n,
        endedAt: start + n,
        nodes: { [soleNode]: succeeded(0) },
      });
    });
    const page = await open(`${runtime.url}/#/runs?status=succeeded`);
    const rows = () => page.locator('.long tbody tr:not(.gap)').count();
    await eventually(rows).toBeGreaterThan(10);
    const shown = page.locator('.bar-line p');
    await eventually(async () => {
      expect(await rows()).toBeLessThan(80);
      await page.locator('section.long').evaluate((box) => {
        Reflect.set(box, 'scrollTop', Reflect.get(box, 'scrollHeight'));
      });
      return await shown.textContent();
    }, 50_000).toBe('10\u202f001 runs');
    const [first] = (await runtime.client.list({ sort: 'earliest', limit: 1 })).runs;
    await page.getByRole('link', { name: first?.id ?? '' }).waitFor();
    await page.getByLabel('Name').fill('even');
    await page.getByLabel('Name').press('Enter');
    await page.locator('.long td.cut', { hasText: 'even' }).first().waitFor();
    expect(await page.locator('.long td.cut', { hasText: 'odd' }).count()).toBe(0);
    // In the first pages that are read there is none.
    await page.goto(`${runtime.url}/#/runs?name=rare&status=succeeded`);
    await page.locator('.long td.cut', { hasText: 'rare' }).waitFor();
    await page.getByText('1 run', { exact: true }).waitFor();
    await page.goto(`${runtime.url}/#/`);
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
  });
});
