import * as z from 'zod';
import { HoldfastError } from '../model/errors.ts';

/** What pools and queues are called. */
export const partName = z.string().regex(/^[A-Za-z][A-Za-z0-9_-]{0,31}$/);

/**
 * A variable that holds JSON.
 *
 * @param what it must be, for messages: `a map of pools`
 * @throws HoldfastError `InvalidSetting`, naming the variable
 */
export function readJsonVariable<T>(
  text: string,
  { field, schema, what }: { readonly field: string; readonly schema: z.ZodType<T>; readonly what: string },
): T {
  const invalid = (why: string) => new HoldfastError('InvalidSetting', `${field} ${why}`, { field });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw invalid('is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw invalid(`is not ${what}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
