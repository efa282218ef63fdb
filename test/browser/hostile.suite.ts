import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { chromiumPath, eventually, patience, stage } from './stage.ts';
import { tasks } from './tasks.ts';

/* What strangers give to tasks is shown to those who run them: it is text, whatever it says. */

const markup = '<img src=x onerror="alert(1)"><script>alert(2)</script><svg onload=alert(3)>&lt;b&gt;';
const turned = 'invoice\u202efdp.exe\u202c שלום עולם مرحبا \u2066abc\u200b';
const large = 'anchor '.repeat(100_000 / 7);

describe.skipIf(chromiumPath === undefined)('hostile words', patience, () => {
  const { allow, open } = stage();
  let runtime: LocalRuntime;
  beforeAll(async () => {
    runtime = await startLocal({ tasks, port: 0, shutdownGrace: '0ms', logLevel: 'error' });
  }, patience.timeout);
  afterAll(() => runtime?.close());

  async function told(words: string, fail: boolean): Promise<string> {
    const run = await runtime.client.submitByName(
      'tell',
      { words, fail },
      { idempotencyKey: words.slice(0, 200) + fail },
    );
    await runtime.client.wait(run);
    return run.id;
  }

  /** Only what the page itself is made of. */
  const foreignElements = (page: Page) =>
    page.locator('#app :is(img, script, iframe, object, embed, style)').count();

  it.each([true, false])('of markup are shown as they are; failed: %s', async (fail) => {
    const id = await told(markup, fail);
    const page = await open(`${runtime.url}/#/runs/${id}`);
    await page.locator('.logs').getByText(markup).first().waitFor();
    await page.locator('.value').getByText(markup.slice(0, 12)).first().waitFor();
    if (fail) await page.locator('.note pre').getByText(markup).waitFor();
    expect(await foreignElements(page)).toBe(0);
    const list = await open(`${runtime.url}/#/runs?name=tell`);
    await list.getByRole('link', { name: id }).waitFor();
    expect(await foreignElements(list)).toBe(0);
    const overview = await open(`${runtime.url}/#/`);
    await overview.getByRole('heading', { name: 'Latest failures' }).waitFor();
    expect(await foreignElements(overview)).toBe(0);
  });

  it('that turn the direction turn nothing, and hide nothing', async () => {
    const id = await told(turned, true);
    const page = await open(`${runtime.url}/#/runs?name=tell&status=failed`);
    const row = page.locator('tr', { hasText: id });
    await row.getByText('fdp.exe').waitFor();
    expect(await row.textContent()).toContain('invoice\\u202efdp.exe\\u202c שלום עולם');
    expect(await row.textContent()).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]/);
    await page.goto(`${runtime.url}/#/runs/${id}`);
    const input = page.locator('.value', { hasText: 'Input' }).locator('pre').first();
    await input.waitFor();
    expect(JSON.parse((await input.textContent()) ?? '')).toEqual({ words: turned, fail: true });
    expect(await input.textContent()).not.toMatch(/[\u202a-\u202e]/);
  });

  it('of 100 KB are shown in part, until all of it is asked for', async () => {
    const id = await told(large, false);
    const page = await open(`${runtime.url}/#/runs/${id}`);
    const input = page.locator('.card', { has: page.getByRole('heading', { name: 'Input' }) });
    await input.getByText('Show all 100.0 KB').waitFor();
    const shown = async () => ((await input.locator('pre').textContent()) ?? '').length;
    expect(await shown()).toBeLessThan(4_000);
    await input.getByText('Show all 100.0 KB').click();
    await eventually(shown).toBeGreaterThan(large.length);
    await input.getByRole('button', { name: 'Show less' }).click();
    await eventually(shown).toBeLessThan(4_000);
  });

  it('in a link lead nowhere', async () => {
    const page = await open(
      `${runtime.url}/#/runs/${encodeURIComponent(markup)}?node=${encodeURIComponent(markup)}`,
    );
    await page.locator('.note.is-error').waitFor();
    expect(await foreignElements(page)).toBe(0);
    allow(404);
    await page.goto(`${runtime.url}/#/runs/nothing-like-it`);
    await page.getByText('NotFound').waitFor();
    await page.goto(`${runtime.url}/#/javascript:alert(1)`);
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  });
});
