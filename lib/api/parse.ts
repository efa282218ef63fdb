import type { Context } from 'hono';
import type * as z from 'zod';
import type { InTenant } from '../client/client.ts';
import { type Duration, parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import { tenantId } from '../model/ids.ts';
import type { Ms } from '../model/time.ts';
import { tenantHeader, tenantOfToken } from './caller.ts';

/** @throws HoldfastError `InvalidArgument`, naming the first field that does not fit. */
export function parseAs<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw firstIssue(parsed.error.issues);
}

function firstIssue(issues: readonly z.core.$ZodIssue[]): HoldfastError {
  const [issue] = issues;
  const path = (issue?.path ?? []).map(String);
  if (issue?.code === 'unrecognized_keys') {
    const field = shorten([...path, issue.keys[0]].join('.'));
    return new HoldfastError('InvalidArgument', `There is no field ${JSON.stringify(field)}`, {
      field,
      hint: 'Remove the field, or correct its name; GET /openapi.json lists what there is.',
    });
  }
  const field = path.length === 0 ? 'body' : shorten(path.join('.'));
  return new HoldfastError('InvalidArgument', `${field}: ${issue?.message ?? 'does not fit'}`, { field });
}

/** Whose runs are meant: by the token where that decides, else by the header. @throws HoldfastError `InvalidArgument` */
export function inTenant(c: Context): InTenant {
  const own = tenantOfToken(c);
  if (own !== undefined) return { tenant: own };
  const given = c.req.header(tenantHeader);
  return given === undefined ? {} : { tenant: tenantId(given) };
}

/**
 * A length of time as HTTP has it: seconds, or a duration.
 *
 * @throws HoldfastError `InvalidDuration`, `InvalidArgument` when it lies outside the range
 */
export function toDuration(value: number | string, field: string, min: Duration, max: Duration): Duration {
  const ms: Ms = typeof value === 'number' ? Math.round(value * 1_000) : parseDuration(value, field);
  if (!(ms >= parseDuration(min, field) && ms <= parseDuration(max, field))) {
    throw new HoldfastError('InvalidArgument', `${field} must be from ${min} to ${max}`, { field });
  }
  return `${ms}ms`;
}

/** Each parameter of the query once. @throws HoldfastError `InvalidArgument` for one given twice. */
export function queryOf(c: Context): Record<string, string> {
  const params = new URL(c.req.url).searchParams;
  const names = [...params.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    const field = shorten(twice);
    throw new HoldfastError('InvalidArgument', `${field} is given more than once`, { field });
  }
  return Object.fromEntries(params);
}

const shorten = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
