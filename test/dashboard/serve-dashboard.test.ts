import { readdir, readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { serveDashboard } from '../../lib/dashboard/serve-dashboard.ts';
import { webDirectory } from '../../lib/dashboard/web-directory.ts';

/* The page as it is built and served: `npm run build` comes before the tests. */

let page: Response;
let html: string;
beforeAll(async () => {
  page = await serveDashboard().request('/');
  html = await page.text();
});

const namesIn = (text: string) => [...text.matchAll(/assets\/[\w.-]+/g)].map(([name]) => name);

describe('the dashboard', () => {
  it('is a page that loads nothing but its own files, and runs nothing that stands in it', () => {
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none';/);
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("style-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=/);
  });

  it('has files that are kept for ever, because their names change with them', async () => {
    expect(namesIn(html)).toHaveLength(3);
    for (const name of namesIn(html)) {
      const file = await serveDashboard().request(`/${name}`);
      expect(file.status).toBe(200);
      expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      expect(file.headers.get('content-type')).toMatch(/^text\/(?:javascript|css); charset=utf-8$/);
      expect(file.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it('weighs at most 150 KB in all, packed by gzip', async () => {
    const names = await readdir(new URL('assets/', webDirectory));
    const files = await Promise.all(
      ['index.html', ...names.map((name) => `assets/${name}`)].map((name) =>
        readFile(new URL(name, webDirectory)),
      ),
    );
    expect(names.sort()).toEqual(
      namesIn(html)
        .map((name) => name.replace('assets/', ''))
        .sort(),
    );
    expect(files.reduce((sum, file) => sum + gzipSync(file).length, 0)).toBeLessThan(150_000);
  });

  it.each([
    '/assets/..%2findex.html',
    '/assets/none-abc.js',
    '/assets/app.js',
    '/assets/%2e%2e%2f%2e%2e%2fpackage.json',
  ])('has nothing at %s', async (path) => {
    expect((await serveDashboard().request(path)).status).toBe(404);
  });

  it('says so where it was not built', async () => {
    const missing = await serveDashboard(pathToFileURL('/nowhere/')).request('/');
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({
      code: 'UnknownRoute',
      hint: expect.stringContaining('npm run build'),
    });
  });
});
