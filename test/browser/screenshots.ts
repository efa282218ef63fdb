import { mkdir, stat } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';
import { startLocal } from '../../lib/local/index.ts';
import { findChromium, launchChromium } from './browser.ts';
import { tasks } from './tasks.ts';

/*
 * The two pictures of the README, docs/dashboard-overview.png and docs/dashboard-run.png, of a runtime that has had
 * something to do: `npm run screenshots`.
 */

const bytesMax = 100_000;
const docs = new URL('../../docs/', import.meta.url);

const path = await findChromium();
if (path === undefined) throw new Error('There is no Chromium here: name one by HOLDFAST_TEST_CHROMIUM');
const Order = z.object({ id: z.string(), item: z.string(), cents: z.int() });
const step = (name: string, ms: number, failures = 0) =>
  defineTask({
    name,
    input: Order,
    retry: { maxAttempts: 3, backoff: '400ms', maxBackoff: '500ms' },
    run: async (order, { attempt, logger }) => {
      logger.info(`${name} begins`, { order: order.id });
      await pause(ms);
      if (attempt <= failures) throw new Error('The payment service is busy');
      return order;
    },
  });
const order = defineWorkflow('order', { input: Order })
  .step(step('validate', 300))
  .fork({
    payment: (b) => b.step(step('charge', 700, 1)),
    stock: (b) => b.step(step('reserve', 900)).step(step('pack', 600)),
  })
  .join('confirmed', ({ payment }) => payment)
  .awaitSignal('approval', { schema: z.object({ by: z.string() }), merge: (value) => value })
  .step(step('ship', 100))
  .build();

await using runtime = await startLocal({
  tasks: { echo: tasks.echo, flaky: tasks.flaky, hold: tasks.hold, order },
  port: 0,
  shutdownGrace: '0ms',
  logLevel: 'error',
});
const { client, url } = runtime;

for (let round = 0; round < 60; round += 1) {
  const echoes = Array.from({ length: 4 + ((round * 7) % 23) }, (_, n) => client.submitByName('echo', { n }));
  await Promise.all([...echoes, client.submitByName('flaky', { times: round % 4 })]);
  await pause(2_500);
}
await client.submitByName('flaky', { times: 9 });
await client.submitByName('hold', { until: 'told' });
const shown = await client.submitByName('order', { id: 'o-1042', item: 'anchor', cents: 129_900 });

await expectWaiting();

const browser = await launchChromium(path);
try {
  await mkdir(docs, { recursive: true });
  await take('dashboard-run', `#/runs/${shown.id}?node=approval`, 'dark', 'waits for the signal');
  await take('dashboard-overview', '#/', 'light', 'Throughput');
} finally {
  await browser.close();
}

/** The order has come to its signal. */
async function expectWaiting(): Promise<void> {
  for await (const { nodes = [] } of client.watch(shown))
    if (nodes.some(({ id, status }) => id === 'approval' && status === 'waiting')) return;
}

async function take(name: string, hash: string, colorScheme: 'light' | 'dark', seen: string): Promise<void> {
  const page = await browser.newPage({ viewport: { width: 1180, height: 720 }, colorScheme });
  await page.goto(`${url}/${hash}`);
  await page.getByText(seen).first().waitFor();
  await pause(1_500);
  const file = new URL(`${name}.png`, docs);
  await page.screenshot({ path: file.pathname });
  await page.close();
  const { size } = await stat(file);
  if (size > bytesMax) throw new Error(`${name}.png has ${size} bytes, more than ${bytesMax}`);
  console.log(`docs/${name}.png: ${size} bytes`);
}
