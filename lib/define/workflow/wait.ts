import { type Duration, parseDuration } from '../../model/duration.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Ms } from '../../model/time.ts';

const secondMs = 1_000;
const waitMsMax = 366 * 86_400_000;

/**
 * How long a node waits, from a second to a year.
 *
 * @throws HoldfastError `InvalidDuration`, naming the field
 */
export function parseWait(duration: Duration, field: string): Ms {
  const ms = parseDuration(duration, field);
  if (ms >= secondMs && ms <= waitMsMax) return ms;
  throw new HoldfastError('InvalidDuration', `${field} must be from 1s to 366d, not ${duration}`, { field });
}
