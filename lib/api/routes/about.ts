import type { Hono } from 'hono';
import { openApiDocument } from '../openapi.ts';
import type { ApiOptions } from '../options.ts';

/** What there is besides runs: who works, what can be submitted, what this API looks like. */
export function addAboutRoutes(app: Hono, { client, tasks }: ApiOptions): void {
  app.get('/workers', async (c) => c.json({ workers: await client.workers() }));

  app.get('/definitions', (c) => {
    const definitions = tasks.all().map(({ definition, hash, name }) => {
      const { kind } = definition;
      return { name, kind, hash, ...(kind === 'workflow' && { version: definition.version }) };
    });
    return c.json({ definitions: definitions.toSorted(byNameAndVersion) });
  });

  app.get('/definitions/:id', async (c) => c.json(await client.definition(c.req.param('id'))));

  app.get('/health', (c) => c.json({ status: 'ok' }));

  app.get('/openapi.json', (c) => c.json(openApiDocument()));
}

interface Listed {
  readonly name: string;
  readonly version?: number;
}

function byNameAndVersion(a: Listed, b: Listed): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return (b.version ?? 0) - (a.version ?? 0);
}
