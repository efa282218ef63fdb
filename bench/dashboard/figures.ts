import type { Browser, Page } from 'playwright-core';
import { createClient } from '../../lib/client/create-client.ts';
import { awsClients } from '../../lib/compose/aws-clients.ts';
import { compose } from '../../lib/compose/compose.ts';
import { envNames } from '../../lib/config/env.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { noTenant, type RunId } from '../../lib/model/ids.ts';
import { isReadable } from '../../lib/ports/run-store.ts';
import { findChromium, launchChromium } from '../../test/browser/browser.ts';
import { type Figure, sampler, Unavailable } from '../figure.ts';
import type { Group } from '../group.ts';
import { seed } from '../growth/seed.ts';
import { addOne } from '../tasks/work.ts';

const total = 10_000;
const hourMs = 3_600_000;

/** The embedded runtime with its runs, and a browser. */
interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly browser: Browser;
}

/** From asking for the page, with nothing of it at hand, until it shows what it is for. */
export function dashboardGroup(): Group {
  let opening: Promise<Stage> | undefined;
  const stage = () => {
    opening ??= openStage();
    return opening;
  };
  return {
    name: 'dashboard',
    title: `Dashboard, ${total.toLocaleString('en')} runs`,
    figures: [
      figure(stage, 'overview, first view', '#/', (page) =>
        page.locator('.tile', { hasText: 'Succeeded' }).locator('strong', { hasText: /\d/ }).waitFor(),
      ),
      figure(stage, 'list of runs, first view', '#/runs?status=succeeded', (page) =>
        page.locator('.long tbody tr:not(.gap)').nth(10).waitFor(),
      ),
    ],
    close: async () => (await opening?.catch(() => undefined))?.[Symbol.asyncDispose](),
  };
}

function figure(
  stage: () => Promise<Stage>,
  name: string,
  place: string,
  isShown: (page: Page) => Promise<void>,
): Figure {
  return {
    name,
    unit: 'ms',
    better: 'lower',
    aim: 1_000,
    async prepare() {
      const { browser, url } = await stage();
      return sampler(async () => {
        // Without what an earlier visit has left.
        const context = await browser.newContext();
        try {
          const page = await context.newPage();
          const before = performance.now();
          await page.goto(`${url}/${place}`, { waitUntil: 'commit' });
          await isShown(page);
          return performance.now() - before;
        } finally {
          await context.close();
        }
      });
    },
  };
}

/** @throws Unavailable where there is no Chromium */
async function openStage(): Promise<Stage> {
  const chromium = await findChromium();
  if (chromium === undefined) throw new Unavailable('there is no Chromium: HOLDFAST_TEST_CHROMIUM names one');
  await using opening = new AsyncDisposableStack();
  const runtime = opening.use(await startLocal({ tasks: { addOne }, port: 0, logLevel: 'error' }));
  await fill(runtime);
  const browser = await launchChromium(chromium);
  opening.defer(() => browser.close());
  const opened = opening.move();
  return { url: runtime.url, browser, [Symbol.asyncDispose]: () => opened.disposeAsync() };
}

/** A tenth of the runs still waits. */
async function fill({ client, env }: LocalRuntime): Promise<void> {
  const { runs } = compose(env);
  const { dynamodb } = awsClients(env);
  const add = async (id: string, count: number, at: (n: number) => number) => {
    const template = await runs.get({ tenant: noTenant, run: id as RunId });
    if (!isReadable(template)) throw new Error('the run that was submitted is not there');
    let n = 0;
    await seed(dynamodb, String(env[envNames.table]), count, (run) => ({ ...template, run, at: at(n++) }));
  };
  const direct = createClient({ env });
  const done = await direct.submit(addOne, 1);
  await client.wait(done);
  const waiting = await direct.submit(addOne, 1, { delay: '1d' });
  const now = Date.now();
  await add(done.id, total * 0.9, (n) => now - n * 1_000);
  await add(waiting.id, total * 0.1, (n) => now + hourMs + n);
}
