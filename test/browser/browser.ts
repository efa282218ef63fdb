import { access } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Of a browser that is installed; undefined where there is none. */
export async function findChromium(): Promise<string | undefined> {
  for (const path of [process.env.HOLDFAST_TEST_CHROMIUM ?? '', ...places])
    if (path !== '' && (await isThere(path))) return path;
  return undefined;
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

export async function launchChromium(executablePath: string): Promise<Browser> {
  return await chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
