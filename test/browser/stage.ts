import { mkdir } from 'node:fs/promises';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { findChromium, launchChromium } from './browser.ts';

/* A browser in which nothing may go wrong unseen. */

const screenshots = new URL('../../screenshots/', import.meta.url);

/** Where the suite is to run; undefined where it cannot, which is said once. */
export const chromiumPath = await findChromium();
if (chromiumPath === undefined && !process.env.HOLDFAST_CHROMIUM_MISSED) {
  process.env.HOLDFAST_CHROMIUM_MISSED = 'told';
  console.log(
    'skipped: the browser suite (no Chromium: apt-get install chromium, or HOLDFAST_TEST_CHROMIUM)',
  );
}

/** Nothing waits for it to pass: a browser beside other tests has little of a machine. */
export const patience = { timeout: 180_000 } as const;
const stepMsMax = 45_000;

/** What a page comes to in its own time. */
export const eventually = <T>(look: () => T, timeout = stepMsMax) => expect.poll(look, { timeout });

export interface Stage {
  /** A page of a browser profile of its own, at a place of the dashboard. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** Answers that are no success are told by Chromium as errors: those that a test asks for are none. */
  allow(status: number): void;
}

/**
 * Starts a browser for the tests of a file. After each of them it keeps a picture, and has it fail if the page has shown
 * an error: on the console, uncaught, or against its policy.
 */
export function stage(): Stage {
  let browser: Browser;
  let pages: Page[] = [];
  let problems: string[] = [];
  let allowed: number[] = [];
  beforeAll(async () => {
    await mkdir(screenshots, { recursive: true });
    browser = await launchChromium(chromiumPath ?? '');
  }, patience.timeout);
  afterAll(async () => {
    await browser?.close();
  });
  afterEach(async ({ task }) => {
    const [page] = pages;
    const name = task.name.replaceAll(/[^\w]+/g, '-').slice(0, 80);
    await page?.screenshot({ path: new URL(`${name}.png`, screenshots).pathname });
    await Promise.all(pages.map((each) => each.context().close()));
    const found = problems.filter((text) => !allowed.some((status) => text.includes(`status of ${status} `)));
    [pages, problems, allowed] = [[], [], []];
    expect(found).toEqual([]);
  });
  return {
    async open(url, options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 860 },
        reducedMotion: 'reduce',
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(stepMsMax);
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
      });
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('dialog', (dialog) => {
        problems.push(`the page asks ${dialog.message()}`);
        void dialog.dismiss();
      });
      await page.exposeFunction('tellViolation', (text: string) => problems.push(text));
      await page.addInitScript({
        content: `addEventListener('securitypolicyviolation', (event) => tellViolation('against the policy: ' + event.violatedDirective))`,
      });
      pages.push(page);
      await page.goto(url);
      return page;
    },
    allow: (status) => allowed.push(status),
  };
}
