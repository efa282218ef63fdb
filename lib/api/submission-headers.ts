import type { Context } from 'hono';
import type { SubmitOptions } from '../client/client.ts';
import { HoldfastError } from '../model/errors.ts';
import { isTraceparent } from '../model/traceparent.ts';
import { parseAs, tenantOf } from './parse.ts';
import { submissionSchema } from './schemas.ts';

/**
 * What the headers of a submission say: the tenant, the trace and the idempotency key.
 *
 * @param given by the body
 * @throws HoldfastError `InvalidArgument`
 */
export function optionsFromHeaders(c: Context, given: SubmitOptions): SubmitOptions {
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
