import type { Context, Hono } from 'hono';
import { listDefinitions } from '../../client/definitions.ts';
import { HoldfastError } from '../../model/errors.ts';
import { tenantOfToken } from '../caller.ts';
import { openApiDocument } from '../openapi.ts';
import type { ApiOptions } from '../options.ts';

/** What there is besides runs: who works, what can be submitted, what this API looks like. */
export function addAboutRoutes(app: Hono, { client, tasks }: ApiOptions): void {
  app.get('/workers', async (c) => c.json({ workers: await client.workers() }));

  app.get('/queues', async (c) => c.json({ queues: await client.queues() }));

  app.post('/queues/:pool/redrive', async (c) => {
    refuseTenants(c);
    return c.json(await client.redrive(c.req.param('pool')), 202);
  });

  app.get('/definitions', (c) => c.json({ definitions: listDefinitions(tasks) }));

  app.get('/definitions/:id', async (c) => c.json(await client.definition(c.req.param('id'))));

  app.get('/health', (c) => c.json({ status: 'ok' }));

  let document: object | undefined;
  app.get('/openapi.json', (c) => {
    document ??= openApiDocument();
    return c.json(document);
  });
}

/** Queues are everybody's: where callers are tenants, they are for those who run the stack. */
function refuseTenants(c: Context): void {
  if (tenantOfToken(c) === undefined) return;
  throw new HoldfastError('TenantNotAllowed', 'Queues belong to no tenant', {
    hint: 'Redrive them by the function URL of the stack, which asks for its own permissions.',
  });
}
