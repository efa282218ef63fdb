import type { Hono } from 'hono';
import { inEntry, readBatch } from '../batch.ts';
import { batchBytesMax, readJson } from '../json-body.ts';
import type { ApiOptions } from '../options.ts';
import { inTenant, parseAs } from '../parse.ts';
import { cancellationsSchema, pausesSchema, resumptionsSchema, retriesSchema } from '../schemas.ts';
import { entriesFromHeaders } from '../submission-headers.ts';

/** So many pages of a listing one request looks at, of 1,000 entries each: also where few of them fit. */
const pages = 5;

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
    const done = await client.retryAll({ ...filter, ...inTenant(c) }, { dryRun, pages });
    return c.json(done, dryRun ? 200 : 202);
  });

  app.post('/cancellations', async (c) => {
    const { by, dryRun = false, mode, reason, ...filter } = parseAs(cancellationsSchema, await readJson(c));
    const options = { dryRun, pages, ...present({ by, mode, reason }) };
    const done = await client.cancelAll({ ...filter, ...inTenant(c) }, options);
    return c.json(done, dryRun ? 200 : 202);
  });

  app.post('/pauses', async (c) => {
    const { by, dryRun = false, mode, reason, ...filter } = parseAs(pausesSchema, await readJson(c));
    const options = { dryRun, pages, ...present({ by, mode, reason }) };
    const done = await client.pauseAll({ ...filter, ...inTenant(c) }, options);
    return c.json(done, dryRun ? 200 : 202);
  });

  app.post('/resumptions', async (c) => {
    const { by, dryRun = false, reason, ...filter } = parseAs(resumptionsSchema, await readJson(c));
    const options = { dryRun, pages, ...present({ by, reason }) };
    const done = await client.resumeAll({ ...filter, ...inTenant(c) }, options);
    return c.json(done, dryRun ? 200 : 202);
  });
}

type Present<T> = { readonly [Key in keyof T]?: Exclude<T[Key], undefined> };

/** Only what was given. */
function present<T extends object>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}
