import { defineTask } from 'holdfast';
import * as z from 'zod';
import { NonRetryableError } from '../../lib/model/errors.ts';
import type { Ms } from '../../lib/model/time.ts';
import { finished, work } from '../../lib/testing/simulation/work.ts';

/** A task that works for a while, tells that it did, and changes a number. */
export const step = <const Name extends string>(name: Name, ms: Ms, change: (n: number) => number) =>
  defineTask({
    name,
    input: z.number(),
    run: async (n: number, ctx): Promise<number> => {
      await work(ms, ctx.signal);
      const changed = change(n);
      finished(ctx);
      return changed;
    },
  });

export const add = step('add', 1_000, (n) => n + 1);
export const double = step('double', 1_000, (n) => n * 2);
/** Long enough to be disturbed in. */
export const slow = step('slow', 90_000, (n) => n + 100);
/** Another attempt would not help it. */
export const strict = step('strict', 1_000, (n) => {
  if (n < 0) throw new NonRetryableError('negative');
  return n;
});

const bulk = 'x'.repeat(2_000);

/** Its value lies apart. */
export const swell = defineTask({
  name: 'swell',
  input: z.number(),
  run: (n: number, ctx): string => {
    finished(ctx);
    return `${n}${bulk}`;
  },
});
/** Its value lies in an object. */
export const bloat = defineTask({
  name: 'bloat',
  input: z.number(),
  run: (n: number, ctx): string => {
    finished(ctx);
    return `${n}${bulk.repeat(10)}`;
  },
});
export const shrink = defineTask({
  name: 'shrink',
  input: z.string(),
  run: (text: string, ctx): number => {
    finished(ctx);
    return Number.parseInt(text, 10);
  },
});
