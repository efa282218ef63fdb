import type { Context, Hono } from 'hono';
import { HoldfastError } from '../../model/errors.ts';
import { runId } from '../../model/ids.ts';
import { refuseOther, tenantHeader, tenantOfToken } from '../caller.ts';
import { readJson } from '../json-body.ts';
import type { ApiOptions } from '../options.ts';
import { inTenant, parseAs, queryOf } from '../parse.ts';
import type { Admit } from '../request-rate.ts';
import { executionLookSchema, executionSchema } from '../schemas.ts';
import { optionsFromHeaders } from '../submission-headers.ts';

/** Execution by reference: what is to be run is named, or comes along. */
export function addExecutionRoutes(app: Hono, { client }: ApiOptions, admit?: Admit): void {
  /** What says not well whose it is counts for whom the token or the header names. */
  const counted = (c: Context) => async (error: unknown) => {
    await admit?.(inTenant(c).tenant);
    throw error;
  };

  app.post('/executions', async (c) => {
    const request = await readExecution(c).catch(counted(c));
    const { idempotencyKey: key, ...body } = request.body;
    const { whose } = request;
    await admit?.(whose.organization);
    const { idempotencyKey, traceparent } = optionsFromHeaders(c, {
      ...(key !== undefined && { idempotencyKey: key }),
    });
    const { created, ...run } = await client.execute({
      ...body,
      ...whose,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(traceparent !== undefined && { traceparent }),
    });
    const query = body.organization === undefined ? '' : `?organization=${body.organization}`;
    const location = `/executions/${run.id}${query}`;
    return c.json({ executionId: run.id, ...run }, created ? 202 : 200, { location });
  });

  app.get('/executions/:id', async (c) => {
    const id = runId(c.req.param('id'));
    const whose = await lookOf(c).catch(counted(c));
    await admit?.(whose.organization);
    const result = await client.execution(id, whose);
    return c.json(result, result.status === null ? 404 : 200);
  });
}

async function readExecution(c: Context) {
  const body = parseAs(executionSchema, await readJson(c));
  return { body, whose: organizationOf(c, body.organization) };
}

async function lookOf(c: Context) {
  const { organization } = parseAs(executionLookSchema, queryOf(c));
  return organizationOf(c, organization);
}

/** The tenant has two names here: the header's, which is everywhere the same, and its own. */
function organizationOf(c: Context, organization: string | undefined): { readonly organization?: string } {
  const own = tenantOfToken(c);
  if (own !== undefined && organization !== undefined) refuseOther(own, organization, 'organization');
  const { tenant = organization } = inTenant(c);
  if (organization !== undefined && tenant !== organization) {
    const what = `organization and the header ${tenantHeader} name different tenants`;
    throw new HoldfastError('InvalidArgument', what, { field: 'organization' });
  }
  return tenant === undefined ? {} : { organization: tenant };
}
