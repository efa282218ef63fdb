import type { Context } from 'hono';
import type { NamedBatchEntry, SubmitOptions } from '../client/client.ts';
import { HoldfastError } from '../model/errors.ts';
import { isTraceparent } from '../model/traceparent.ts';
import { inTenant, parseAs } from './parse.ts';
import { submissionSchema } from './schemas.ts';

/**
 * What the headers of a submission say: the tenant, the trace and the idempotency key.
 *
 * @param given by the body
 * @throws HoldfastError `InvalidArgument`
 */
export function optionsFromHeaders(c: Context, given: SubmitOptions): SubmitOptions {
  return { ...inTenant(c), ...traceOf(c), ...keyOf(headerKey(c), given, '') };
}

/**
 * The entries with what the headers say of all of them: the trace, and a key for each, made of the one in the header and
 * its `ref`.
 *
 * @throws HoldfastError `InvalidArgument`
 */
export function entriesFromHeaders(
  c: Context,
  entries: readonly NamedBatchEntry[],
): readonly NamedBatchEntry[] {
  const header = headerKey(c);
  return entries.map((entry, index) => {
    const key = header === undefined ? undefined : checkKey(`${header}.${entry.ref}`);
    return { ...traceOf(c), ...entry, ...keyOf(key, entry, `${index}.`) };
  });
}

function traceOf(c: Context): Pick<SubmitOptions, 'traceparent'> {
  const traceparent = c.req.header('traceparent');
  return isTraceparent(traceparent) ? { traceparent } : {};
}

function headerKey(c: Context): string | undefined {
  const header = c.req.header('idempotency-key');
  if (header === undefined) return undefined;
  // Programs disagree on what the bytes of any others stand for.
  if (!/^[\x20-\x7e]*$/.test(header)) {
    throw new HoldfastError('InvalidArgument', 'The header Idempotency-Key has characters beyond ASCII', {
      field: 'idempotencyKey',
      hint: 'Give the key in the body, as idempotencyKey.',
    });
  }
  return checkKey(header);
}

function checkKey(key: string): string {
  parseAs(submissionSchema, { idempotencyKey: key });
  return key;
}

function keyOf(
  key: string | undefined,
  { idempotencyKey }: SubmitOptions,
  path: string,
): Pick<SubmitOptions, 'idempotencyKey'> {
  if (key === undefined) return idempotencyKey === undefined ? {} : { idempotencyKey };
  if (idempotencyKey !== undefined && idempotencyKey !== key) {
    throw new HoldfastError(
      'InvalidArgument',
      'The body and the header Idempotency-Key name different keys',
      {
        field: `${path}idempotencyKey`,
        hint: 'Give the key in one of the two places.',
      },
    );
  }
  return { idempotencyKey: key };
}
