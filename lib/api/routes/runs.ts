import type { Context, Hono } from 'hono';
import type { Client, InTenant } from '../../client/client.ts';
import { runId } from '../../model/ids.ts';
import { readJson } from '../json-body.ts';
import type { ApiOptions } from '../options.ts';
import { parseAs, queryOf, tenantOf } from '../parse.ts';
import { cancellationSchema, listingSchema } from '../schemas.ts';

export function addRunRoutes(app: Hono, { client }: ApiOptions): void {
  app.get('/runs', async (c) => {
    return c.json(await client.list({ ...parseAs(listingSchema, queryOf(c)), ...inTenant(c) }));
  });

  app.get('/runs/:id', (c) => showRun(c, client, c.req.param('id')));

  app.post('/runs/:id/cancel', async (c) => {
    const id = runId(c.req.param('id'));
    const cancellation = parseAs(cancellationSchema, (await readJson(c)) ?? {});
    return c.json(await client.cancel(id, { ...cancellation, ...inTenant(c) }), 202);
  });
}

export async function showRun(c: Context, client: Client, id: string): Promise<Response> {
  return c.json(await client.get(runId(id), inTenant(c)));
}

function inTenant(c: Context): InTenant {
  const tenant = tenantOf(c);
  return tenant === undefined ? {} : { tenant };
}
