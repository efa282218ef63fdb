import type { Context, Hono } from 'hono';
import type { Client } from '../../client/client.ts';
import { HoldfastError } from '../../model/errors.ts';
import { runId } from '../../model/ids.ts';
import { readJson } from '../json-body.ts';
import type { ApiOptions } from '../options.ts';
import { inTenant, parseAs, queryOf } from '../parse.ts';
import { attemptsSchema, costQuerySchema, countsQuerySchema, listingSchema, lookSchema } from '../schemas.ts';
import { readRunSubmission } from '../submission.ts';
import { optionsFromHeaders } from '../submission-headers.ts';

export function addRunRoutes(app: Hono, { client }: ApiOptions): void {
  app.get('/runs', async (c) => {
    return c.json(await client.list({ ...parseAs(listingSchema, queryOf(c)), ...inTenant(c) }));
  });

  app.get('/counts', async (c) => {
    return c.json(await client.counts({ ...parseAs(countsQuerySchema, queryOf(c)), ...inTenant(c) }));
  });

  app.post('/runs', async (c) => {
    const { workflow, input, options } = readRunSubmission(await readJson(c));
    const { created, ...view } = await client
      .submitByName(workflow, input, { ...options, ...optionsFromHeaders(c, options) })
      .catch((error: unknown) => {
        throw asWorkflow(error);
      });
    return c.json(view, created ? 202 : 200, { location: `/runs/${view.id}` });
  });

  app.get('/runs/:id', (c) => showRun(c, client, c.req.param('id')));

  app.get('/runs/:id/attempts', async (c) => {
    const options = { ...parseAs(attemptsSchema, queryOf(c)), ...inTenant(c) };
    return c.json(await client.attempts(runId(c.req.param('id')), options));
  });

  app.get('/runs/:id/cost', async (c) => {
    const options = { ...parseAs(costQuerySchema, queryOf(c)), ...inTenant(c) };
    return c.json(await client.cost(runId(c.req.param('id')), options));
  });

  app.get('/runs/:id/why', async (c) => c.json(await client.why(runId(c.req.param('id')), inTenant(c))));
}

/** The client calls a name `task`, whatever it names; the field here is `workflow`. */
function asWorkflow(error: unknown): unknown {
  if (!(error instanceof HoldfastError) || error.code !== 'UnknownTask' || error.field !== 'task')
    return error;
  const { cause, code, hint, message } = error;
  return new HoldfastError(code, message, { field: 'workflow', hint, cause });
}

/** A function answers with 6 MB at most: input and output together take no more. */
const valueBytesMax = 2_500_000;

export async function showRun(c: Context, client: Client, id: string): Promise<Response> {
  const { nodes } = parseAs(lookSchema, queryOf(c));
  const options = { ...inTenant(c), valueBytesMax, ...(nodes === 'false' && { nodes: false }) };
  return c.json(await client.get(runId(id), options));
}
