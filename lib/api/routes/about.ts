import type { Hono } from 'hono';
import { openApiDocument } from '../openapi.ts';
import type { ApiOptions } from '../options.ts';

/** What there is besides runs: who works, what can run, what this API looks like. */
export function addAboutRoutes(app: Hono, { client, tasks }: ApiOptions): void {
  app.get('/workers', async (c) => c.json({ workers: await client.workers() }));

  app.get('/definitions', (c) => {
    const definitions = tasks.names().map((name) => {
      const hash = tasks.byName?.(name)?.hash;
      return { name, kind: 'task', ...(hash === undefined ? {} : { hash }) };
    });
    return c.json({ definitions });
  });

  app.get('/health', (c) => c.json({ status: 'ok' }));

  app.get('/openapi.json', (c) => c.json(openApiDocument()));
}
