import type { Context, Hono } from 'hono';
import type * as z from 'zod';
import { signalName } from '../../client/signal-name.ts';
import { runId } from '../../model/ids.ts';
import { readJson } from '../json-body.ts';
import type { ApiOptions } from '../options.ts';
import { inTenant, parseAs } from '../parse.ts';
import { cancellationSchema, pauseSchema, resumptionSchema, retrySchema, signalSchema } from '../schemas.ts';

/** What people ask of a run that is there. Their bodies may be empty. */
export function addRequestRoutes(app: Hono, { client }: ApiOptions): void {
  app.post('/runs/:id/cancel', async (c) => {
    const { id, body } = await readRequest(c, c.req.param('id'), cancellationSchema);
    return c.json(await client.cancel(id, { ...body, ...inTenant(c) }), 202);
  });

  app.post('/runs/:id/pause', async (c) => {
    const { id, body } = await readRequest(c, c.req.param('id'), pauseSchema);
    return c.json(await client.pause(id, { ...body, ...inTenant(c) }), 202);
  });

  app.post('/runs/:id/resume', async (c) => {
    const { id, body } = await readRequest(c, c.req.param('id'), resumptionSchema);
    return c.json(await client.resume(id, { ...body, ...inTenant(c) }), 202);
  });

  app.post('/runs/:id/signals/:name', async (c) => {
    const name = signalName(c.req.param('name'));
    const { id, body } = await readRequest(c, c.req.param('id'), signalSchema);
    const { payload, ...options } = body;
    return c.json(await client.signal(id, name, payload, { ...options, ...inTenant(c) }), 202);
  });

  app.post('/runs/:id/retry', async (c) => {
    const { id, body } = await readRequest(c, c.req.param('id'), retrySchema);
    const { created, ...view } = await client.retry(id, { ...body, ...inTenant(c) });
    return c.json(view, created ? 202 : 200, { location: `/runs/${view.id}` });
  });
}

/** @throws HoldfastError `InvalidArgument`, and those of `readJson` */
async function readRequest<Schema extends z.ZodType>(c: Context, id: string, schema: Schema) {
  return { id: runId(id), body: parseAs(schema, (await readJson(c)) ?? {}) };
}
