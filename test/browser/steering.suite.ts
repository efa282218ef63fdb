import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveApi } from '../../lib/local/api-server.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { startApp } from '../api/start-app.ts';
import { chromiumPath, eventually, patience, stage } from './stage.ts';
import { tasks } from './tasks.ts';

/* What people do with the dashboard of an embedded runtime, click by click. */

describe.skipIf(chromiumPath === undefined)('the dashboard', patience, () => {
  const { allow, open } = stage();
  let runtime: LocalRuntime;
  beforeAll(async () => {
    runtime = await startLocal({ tasks, port: 0, shutdownGrace: '0ms', logLevel: 'error' });
  }, patience.timeout);
  afterAll(() => runtime?.close());

  const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
  const status = (page: Page, word: string) => page.locator('.run-head .status', { hasText: word }).waitFor();
  const dialog = (page: Page) => page.getByRole('dialog');
  const runIdOf = (page: Page) => new URL(page.url()).hash.slice('#/runs/'.length);

  it('submits, shows a failure, and retries it with an edited input', async () => {
    const page = await open(runtime.url);
    await button(page, 'Submit…').click();
    await dialog(page).getByLabel('Task or workflow').selectOption('charge');
    await dialog(page).getByLabel('Input, as JSON').fill('{"id": "o-1", "cents":');
    await dialog(page).getByRole('button', { name: 'Submit' }).click();
    await dialog(page).getByText('MalformedJson').waitFor();
    await dialog(page).getByLabel('Input, as JSON').fill('{"id": "o-1", "cents": 0}');
    await dialog(page).getByRole('button', { name: 'Submit' }).click();
    await status(page, 'failed');
    await page.getByText('There is nothing to charge: 0 cents').first().waitFor();
    await page.getByText('asking the payment service').waitFor();
    await button(page, 'Retry…').click();
    await dialog(page).getByLabel('With an edited input').check();
    expect(JSON.parse(await dialog(page).getByLabel('Input, as JSON').inputValue())).toEqual({
      id: 'o-1',
      cents: 0,
    });
    await dialog(page).getByLabel('Input, as JSON').fill('{"id": "o-1", "cents": 5}');
    await button(page, 'Retry').click();
    await status(page, 'succeeded');
    expect(await runtime.client.get(runIdOf(page))).toMatchObject({ input: { id: 'o-1', cents: 5 } });
    await page.getByText('R-o-1').waitFor();
    await page.getByText('A million of them').waitFor();
    await page.reload();
    await status(page, 'succeeded');
  });

  it('retries a workflow from the step that failed, with what went into it', async () => {
    const { id } = await runtime.client.submitByName('order', { id: 'o-2', cents: 0 });
    const page = await open(`${runtime.url}/#/runs/${id}`);
    await status(page, 'failed');
    const charge = page.locator('g.node.is-failed', { hasText: 'charge' });
    await charge.click();
    await page.getByRole('heading', { name: 'Node confirmed/payment/charge' }).waitFor();
    expect(new URL(page.url()).hash).toContain('node=confirmed%2Fpayment%2Fcharge');
    await button(page, 'Retry…').click();
    await dialog(page).getByLabel('With an edited input').check();
    await dialog(page).getByText('What goes into confirmed/payment/charge.').waitFor();
    await dialog(page).getByLabel('Input, as JSON').fill('{"id": "o-2", "cents": 7}');
    await button(page, 'Retry').click();
    await status(page, 'waiting');
    await page.getByText('waits for the signal approval').waitFor();
    // There and back by what the two say of each other.
    await page.getByRole('link', { name: id, exact: true }).click();
    await status(page, 'failed');
    await page.getByRole('link', { name: `${id}~2` }).click();
    await status(page, 'waiting');
  });

  it('sends a signal, shows why one is refused, and the run as it goes on', async () => {
    const { id } = await runtime.client.submitByName('order', { id: 'o-3', cents: 9 });
    const page = await open(`${runtime.url}/#/runs/${id}`);
    await status(page, 'waiting');
    await button(page, 'Send approval…').click();
    await dialog(page).getByLabel('Payload, as JSON').fill('{"by": 7}');
    allow(400);
    await button(page, 'Send').click();
    await dialog(page).getByText('InvalidSignal').waitFor();
    expect(await dialog(page).locator('.hint').first().textContent()).not.toBe('');
    await dialog(page).getByLabel('Payload, as JSON').fill('{"by": "me"}');
    await button(page, 'Send').click();
    await status(page, 'succeeded');
    await page.locator('g.node.is-succeeded', { hasText: 'invoice' }).waitFor();
    await page.locator('.timeline a.is-succeeded', { hasText: 'invoice' }).click();
    const child = page.locator('.fact', { hasText: 'Child run' }).getByRole('link');
    await child.click();
    await page.getByRole('heading', { name: 'invoice', exact: true }).waitFor();
    await page.locator('.fact', { hasText: 'Child of' }).getByRole('link', { name: id }).waitFor();
  });

  it('cancels what is at work, once that was asked again', async () => {
    const { id } = await runtime.client.submitByName('hold', null);
    const page = await open(`${runtime.url}/#/runs/${id}`);
    await status(page, 'running');
    await page.locator('.fact', { hasText: 'Lease until' }).waitFor();
    await button(page, 'Cancel…').click();
    await button(page, 'Leave it').click();
    expect(await runtime.client.get(id)).not.toHaveProperty('cancel');
    await button(page, 'Cancel…').click();
    await dialog(page).getByLabel('Reason (optional)').fill('not needed');
    await dialog(page).getByLabel('Do not wait for what is at work').check();
    await button(page, 'Cancel the run').click();
    await status(page, 'cancelled');
    expect(await runtime.client.get(id)).toMatchObject({ cancel: { mode: 'abort', reason: 'not needed' } });
  });

  it('pauses and resumes', async () => {
    const { id } = await runtime.client.submitByName('order', { id: 'o-4', cents: 9 });
    const page = await open(`${runtime.url}/#/runs/${id}`);
    await status(page, 'waiting');
    await button(page, 'Pause…').click();
    await button(page, 'Pause the run').click();
    await status(page, 'paused');
    await button(page, 'Resume…').click();
    await button(page, 'Resume the run').click();
    await status(page, 'waiting');
  });

  it('changes many runs of a tenant, after it has shown which', async () => {
    const tenant = 'acme';
    for (let n = 0; n < 5; n += 1)
      await runtime.client.submitByName('order', { id: `m-${n}`, cents: 9 }, { tenant });
    const page = await open(`${runtime.url}/#/runs?status=waiting&name=order&tenant=${tenant}`);
    await eventually(() => page.locator('tbody tr .status').count()).toBe(5);
    await button(page, 'Change many…').click();
    await dialog(page).getByLabel('Cancel', { exact: true }).check();
    await button(page, 'Show which it would be').click();
    await dialog(page).getByText('It would be 5:').waitFor();
    expect(await runtime.client.counts({ tenant })).toMatchObject({ active: 5, cancelled: 0 });
    // This one was not shown.
    await runtime.client.submitByName('order', { id: 'm-later', cents: 9 }, { tenant });
    await button(page, 'Cancel 5 runs').click();
    await dialog(page).getByText('5 are being cancelled.').waitFor();
    await button(page, 'Close').click();
    await eventually(() => runtime.client.counts({ tenant })).toMatchObject({ active: 1, cancelled: 5 });
    await eventually(() => page.locator('tbody tr .status').count()).toBe(1);
  });

  it('shows what happens elsewhere while it is open', async () => {
    const page = await open(`${runtime.url}/#/`);
    await page.getByRole('heading', { name: 'Throughput' }).waitFor();
    const other = await open(`${runtime.url}/#/runs?name=echo`);
    await other.getByText('0 runs').waitFor();
    const { id } = await runtime.client.submitByName('echo', 'news');
    await other.getByRole('link', { name: id }).waitFor();
    await other.locator('tbody .status', { hasText: 'succeeded' }).waitFor();
    const { id: bad } = await runtime.client.submitByName('charge', { id: 'x', cents: 0 });
    await page.locator('.latest').getByRole('link', { name: bad }).waitFor();
    await eventually(() => page.getByRole('img', { name: /runs ended/ }).getAttribute('aria-label')).toMatch(
      /^[1-9]\d* runs ended, [1-9]/,
    );
  });

  it('sends dead letters back', async () => {
    const { app, client } = startApp();
    const server = await serveApi(app, 0);
    try {
      const page = await open(`${server.url}/#/workers`);
      await page.locator('td', { hasText: /^w1$/ }).waitFor();
      await page.getByText('QueueUnreachable').waitFor();
      await button(page, 'Redrive… default').click();
      await button(page, 'Send them back').click();
      await page.getByText('2 messages of default are on their way back').waitFor();
      expect(client.calls).toContainEqual(['redrive', 'default']);
    } finally {
      await server.close(AbortSignal.abort());
    }
  });
});
