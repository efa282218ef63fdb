import type { Hono } from 'hono';
import { inEntry, readBatch } from '../batch.ts';
import { batchBytesMax, readJson } from '../json-body.ts';
import type { ApiOptions } from '../options.ts';
import { inTenant, parseAs } from '../parse.ts';
import { retriesSchema } from '../schemas.ts';
import { entriesFromHeaders } from '../submission-headers.ts';

/** What is asked for many runs at once. */
export function addManyRoutes(app: Hono, { client, tasks }: ApiOptions): void {
  app.post('/batches', async (c) => {
    const batch = readBatch(await readJson(c, batchBytesMax));
    const isKnown = (name: string) => tasks.all().some((each) => each.name === name);
    const submitted = await client
      .submitAllByName(entriesFromHeaders(c, batch.entries), inTenant(c))
      .catch((error: unknown) => {
        throw inEntry(error, batch, isKnown);
      });
    const runs = submitted.map(({ created: _created, ...view }) => view);
    return c.json({ runs }, submitted.some(({ created }) => created) ? 202 : 200);
  });

  app.post('/retries', async (c) => {
    const { dryRun = false, ...filter } = parseAs(retriesSchema, await readJson(c));
    const runs = await client.retryAll({ ...filter, ...inTenant(c) }, { dryRun });
    return c.json({ runs }, dryRun ? 200 : 202);
  });
}
