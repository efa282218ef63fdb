import { HoldfastError } from '../model/errors.ts';
import { type EpochMs, toIso } from '../model/time.ts';

/** A time that people gave. @throws HoldfastError `InvalidArgument`, naming the field */
export function timeOf(text: string | undefined, field: string): EpochMs | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new HoldfastError('InvalidArgument', `${field} must be a time such as ${toIso(0)}`, { field });
}
