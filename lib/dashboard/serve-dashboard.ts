import { readFile } from 'node:fs/promises';
import { type Context, Hono } from 'hono';
import { answerProblem } from '../api/problem.ts';
import { HoldfastError } from '../model/errors.ts';
import { webDirectory } from './web-directory.ts';

/** Nothing is loaded from elsewhere, nothing inline runs, and nobody shows the page in a frame. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'content-security-policy': contentSecurityPolicy,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

const types: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
};

/** By what is in them: the same name is never another file. */
const assetName = /^[a-z]+-[A-Za-z0-9]+\.(js|css)$/;

/**
 * The dashboard as static files: the page at `/`, what it loads below `/assets`. It has no data of its own; it asks the API
 * that is served beside it.
 */
export function serveDashboard(directory: URL = webDirectory): Hono {
  const app = new Hono();
  app.get('/', async (c) => {
    const page = await fileOf(directory, 'index.html');
    if (page === undefined) return notBuilt(c);
    return c.body(page, 200, {
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-cache',
    });
  });
  app.get('/assets/:name', async (c, next) => {
    const name = c.req.param('name');
    const [, extension = ''] = assetName.exec(name) ?? [];
    const file = extension === '' ? undefined : await fileOf(directory, `assets/${name}`);
    if (file === undefined) return await next();
    return c.body(file, 200, {
      ...headers,
      'content-type': types[extension] ?? '',
      'cache-control': 'public, max-age=31536000, immutable',
    });
  });
  return app;
}

/** Undefined where there is none. */
async function fileOf(directory: URL, name: string): Promise<string | undefined> {
  try {
    return await readFile(new URL(name, directory), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function notBuilt(c: Context): Response {
  const error = new HoldfastError('UnknownRoute', 'The dashboard is not built here', {
    hint: 'npm run build makes it; the API is at the same address, and describes itself at /openapi.json.',
  });
  return answerProblem(c, error);
}
