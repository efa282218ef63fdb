import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { chromiumPath, eventually, patience, stage } from './stage.ts';
import { tasks } from './tasks.ts';

/* How the dashboard is found, heard and seen. */

describe.skipIf(chromiumPath === undefined)('the dashboard', patience, () => {
  const { allow, open } = stage();
  let runtime: LocalRuntime;
  let failed: string;
  beforeAll(async () => {
    runtime = await startLocal({ tasks, port: 0, shutdownGrace: '0ms', logLevel: 'error' });
    const run = await runtime.client.submitByName('order', { id: 'o-1', cents: 0 });
    await runtime.client.wait(run);
    failed = run.id;
  }, patience.timeout);
  afterAll(() => runtime?.close());

  const places = (): readonly (readonly [string, string])[] => [
    ['#/', 'Overview'],
    ['#/runs?status=failed&name=order', 'Runs'],
    [`#/runs/${failed}?node=confirmed/payment/charge`, 'order'],
    ['#/workers', 'Workers'],
    ['#/definitions', 'Definitions'],
    ['#/definitions/order', 'order'],
  ];

  it('is found by its links, also after it is loaded again', async () => {
    const page = await open(runtime.url);
    for (const [hash, heading] of places()) {
      await page.goto(`${runtime.url}/${hash}`);
      for (const again of [false, true]) {
        if (again) await page.reload();
        await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
        expect(await page.getByRole('main').count()).toBe(1);
        expect(await page.getByRole('navigation', { name: 'Pages' }).count()).toBe(1);
      }
    }
    await page.goto(`${runtime.url}/#/runs?status=failed&name=order`);
    expect(await page.getByLabel('State').inputValue()).toBe('failed');
    await page.getByRole('link', { name: failed }).click();
    await page.locator('.run-head .status', { hasText: 'failed' }).waitFor();
    expect(await page.title()).toBe(`${failed} – Holdfast`);
    await page.goBack();
    await page.getByRole('link', { name: failed }).waitFor();
  });

  /** Goes on by Tab until what has the focus is called so. */
  async function tabTo(page: Page, name: string | RegExp): Promise<void> {
    const pattern = typeof name === 'string' ? new RegExp(`^${name}$`) : name;
    const seen: string[] = [];
    for (let presses = 0; presses < 80; presses += 1) {
      await page.keyboard.press('Tab');
      // Of a field of several parts, such as a time, the field.
      const label = String(
        await page.evaluate(
          `(document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '').trim()`,
        ),
      );
      if (pattern.test(label)) return;
      seen.push(label.slice(0, 40));
    }
    throw new Error(`the focus never came to ${name}, but to ${seen.join(' | ')}`);
  }

  it('is used by keys alone', async () => {
    const page = await open(`${runtime.url}/#/`);
    await page.getByRole('link', { name: failed }).waitFor();
    await tabTo(page, 'To the content');
    await tabTo(page, 'Runs');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Runs' }).waitFor();
    // The focus is where the new page begins.
    expect(await page.locator('main:focus').count()).toBe(1);
    await page.getByRole('link', { name: failed }).waitFor();
    await tabTo(page, failed);
    await page.keyboard.press('Enter');
    await page.locator('g.node.is-failed').waitFor();
    await tabTo(page, 'Retry…');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Retry this run?' }).waitFor();
    await page.keyboard.press('Escape');
    await eventually(() => page.getByRole('dialog').count()).toBe(0);
    // It comes back to where it was.
    expect(await page.locator(':focus').textContent()).toBe('Retry…');
    await tabTo(page, /^validate: succeeded$/);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: /^Node confirmed/ }).waitFor();
  });

  it('has a name for everything that can be used', async () => {
    const page = await open(runtime.url);
    for (const [hash, heading] of places()) {
      await page.goto(`${runtime.url}/${hash}`);
      await page.getByRole('heading', { level: 1, name: heading, exact: true }).waitFor();
      await page.waitForLoadState('networkidle', { timeout: 1_000 }).catch(() => {});
      const controls = page.locator(
        'button, input, select, textarea, a[href], [role=button], [tabindex="0"]',
      );
      const nameless = await controls.evaluateAll((elements) =>
        elements
          .filter((element) => {
            const labels = Reflect.get(element, 'labels') as Iterable<{ textContent: string }> | undefined;
            const label = [...(labels ?? [])].map(({ textContent }) => textContent).join('');
            const text = element.tagName === 'SELECT' ? '' : (element.textContent ?? '');
            return `${element.getAttribute('aria-label') ?? ''}${label}${text}`.trim() === '';
          })
          .map((element) => element.outerHTML.slice(0, 200)),
      );
      expect(nameless).toEqual([]);
    }
  });

  it('is dark where the system is, unless it is told otherwise, also later', async () => {
    const page = await open(runtime.url, { colorScheme: 'dark' });
    const light = async () => {
      const colour = await page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      const [red = 0] = String(colour).match(/\d+/g)?.map(Number) ?? [];
      return red > 128;
    };
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await light()).toBe(false);
    await page.emulateMedia({ colorScheme: 'light' });
    expect(await light()).toBe(true);
    await page.getByText('dark', { exact: true }).click();
    expect(await light()).toBe(false);
    await page.reload();
    await page.getByRole('heading', { name: 'Overview' }).waitFor();
    expect(await light()).toBe(false);
    await page.getByText('auto', { exact: true }).click();
    expect(await light()).toBe(true);
  });

  it('asks for a token where a gateway wants one, and sends it in a header only', async () => {
    allow(401);
    const page = await open('about:blank');
    const shown: (string | undefined)[] = [];
    await page.route(/\/(?:counts|runs|queues|events|workers)\b/, async (route) => {
      const { authorization } = route.request().headers();
      shown.push(authorization);
      if (authorization === 'Bearer abc.def') return await route.continue();
      await route.fulfill({
        status: 401,
        contentType: 'application/json',
        body: '{"message":"Unauthorized"}',
      });
    });
    await page.goto(`${runtime.url}/#/workers`);
    await page.getByRole('dialog', { name: 'The API asks who you are' }).waitFor();
    const token = page.getByLabel('Token (JWT)');
    const goOn = page.getByRole('button', { name: 'Go on' });
    await token.fill('tok…en');
    await goOn.click();
    await page.getByText('This is no token').waitFor();
    await token.fill('expired.one');
    await goOn.click();
    await page.getByText('The API refused the token that was given').waitFor();
    await token.fill('Bearer abc.def');
    await goOn.click();
    await page.getByText(/^1 healthy/).waitFor();
    expect(page.url()).toBe(`${runtime.url}/#/workers`);
    expect(shown).toContain('Bearer abc.def');
  });

  it('says so when the API is gone, and when it is back', async () => {
    const page = await open(`${runtime.url}/#/workers`);
    await page.locator('.connection.is-live').waitFor();
    await page.route('**/workers', (route) => route.fulfill({ status: 200, body: 'no JSON' }));
    await page.getByText('ApiProblem').waitFor();
    await page.unroute('**/workers');
    await eventually(() => page.getByText('ApiProblem').count()).toBe(0);
  });
});
