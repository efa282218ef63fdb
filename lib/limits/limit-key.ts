import type { TaskLimit } from '../define/limit.ts';
import { HoldfastError } from '../model/errors.ts';
import type { LimitKey } from '../model/limit.ts';

const keyCharsMax = 256;

/** Which limit an input falls under. @throws HoldfastError `InvalidArgument`, and whatever the function of the task does */
export function limitKeyOf({ keyOf, name }: TaskLimit, input: unknown, tenant: string): LimitKey {
  if (!keyOf) return { name, key: '' };
  const key: unknown = keyOf(input as never, { tenant });
  if (typeof key === 'string' && key !== '' && key.length <= keyCharsMax && key.isWellFormed())
    return { name, key };
  const what = `the key of the limit ${name} must be a text of 1 to ${keyCharsMax} characters`;
  throw new HoldfastError('InvalidArgument', what, { field: 'limit.key' });
}
