import { HoldfastError } from './errors.ts';
import type { Ms } from './time.ts';

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(\d{1,12})(ms|s|m|h|d)$/;

/** A length of time: a whole number and its unit, such as `'500ms'`, `'30s'`, `'5m'`, `'2h'`, `'1d'`. */
export type Duration = `${number}${keyof typeof unitMs}`;

/** @throws HoldfastError `InvalidDuration`, naming the field. */
export function parseDuration(text: string, field: string): Ms {
  const match = pattern.exec(text);
  if (!match) {
    throw new HoldfastError('InvalidDuration', `${field} is not a duration: ${JSON.stringify(text)}`, {
      field,
    });
  }
  return Number(match[1]) * unitMs[match[2] as keyof typeof unitMs];
}
