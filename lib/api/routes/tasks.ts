import type { Context, Hono } from 'hono';
import type { SubmitOptions } from '../../client/client.ts';
import { HoldfastError } from '../../model/errors.ts';
import { isTraceparent } from '../../model/traceparent.ts';
import { readJson } from '../json-body.ts';
import type { ApiOptions } from '../options.ts';
import { parseAs, tenantOf } from '../parse.ts';
import { submissionSchema } from '../schemas.ts';
import { readSubmission, unfoldField } from '../submission.ts';
import { showRun } from './runs.ts';

export function addTaskRoutes(app: Hono, options: ApiOptions): void {
  app.post('/tasks', async (c) => {
    const { task, input, options: given, flat } = readSubmission(await readJson(c), options.defaultTask);
    const run = await options.client
      .submitByName(task, input, { ...given, ...fromHeaders(c, given) })
      .catch((error: unknown) => {
        throw flat ? unfoldField(error) : error;
      });
    const { created, ...view } = run;
    return c.json(view, created ? 202 : 200, { location: `/tasks/${run.id}` });
  });

  app.get('/tasks/:id', (c) => showRun(c, options.client, c.req.param('id')));
}

function fromHeaders(c: Context, given: SubmitOptions): SubmitOptions {
  const tenant = tenantOf(c);
  const traceparent = c.req.header('traceparent');
  const idempotencyKey = keyOf(c, given);
  return {
    ...(tenant === undefined ? {} : { tenant }),
    ...(isTraceparent(traceparent) ? { traceparent } : {}),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}

function keyOf(c: Context, { idempotencyKey }: SubmitOptions): string | undefined {
  const header = c.req.header('idempotency-key');
  if (header === undefined) return idempotencyKey;
  parseAs(submissionSchema, { idempotencyKey: header });
  if (idempotencyKey !== undefined && idempotencyKey !== header) {
    throw new HoldfastError(
      'InvalidArgument',
      'The body and the header Idempotency-Key name different keys',
      {
        field: 'idempotencyKey',
        hint: 'Give the key in one of the two places.',
      },
    );
  }
  return header;
}
