import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Context } from '../../define/context.ts';
import { defineTask } from '../../define/task.ts';
import { NonRetryableError } from '../../model/errors.ts';
import type { Ms } from '../../model/time.ts';
import type { Prng } from './prng.ts';
import { finished, here, work } from './work.ts';

/** What a simulated handler does. */
export type Behaviour =
  | { readonly does: 'return'; readonly ms: Ms; readonly value?: unknown }
  | { readonly does: 'throw'; readonly ms: Ms; readonly times: number }
  | { readonly does: 'give up' }
  | { readonly does: 'page'; readonly pages: number; readonly ms: Ms }
  | { readonly does: 'ignore signals'; readonly ms: Ms }
  /** Gives the outputs of what its run depends on. */
  | { readonly does: 'gather' };

const behaviour: StandardSchemaV1<Behaviour, Behaviour> = {
  '~standard': { version: 1, vendor: 'holdfast', validate: (value) => ({ value: value as Behaviour }) },
};

async function run(given: Behaviour, ctx: Context): Promise<unknown> {
  const result = await behave(given, ctx);
  finished(ctx);
  return result;
}

/** The tasks of a simulation; they run on the clock of the process they are in. */
export const tasks = {
  plain: defineTask({ name: 'plain', input: behaviour, run }),
  cached: defineTask({ name: 'cached', input: behaviour, cache: { ttl: '1h' }, run }),
};

async function behave(given: Behaviour, ctx: Context): Promise<unknown> {
  switch (given.does) {
    case 'return':
      await work(given.ms, ctx.signal);
      return given.value;
    case 'throw':
      await work(given.ms, ctx.signal);
      if (ctx.attempt <= given.times) throw new Error(`attempt ${ctx.attempt} fails`);
      return ctx.attempt;
    case 'give up':
      throw new NonRetryableError('never again');
    case 'page':
      return await page(given, ctx);
    case 'ignore signals':
      await here().pause(given.ms);
      return 'late';
    case 'gather':
      return ctx.dependencies;
  }
}

async function page({ pages, ms }: Extract<Behaviour, { does: 'page' }>, ctx: Context) {
  for (let done = Number(ctx.checkpointed ?? 0); done < pages; ) {
    await work(ms, ctx.signal);
    done += 1;
    ctx.progress({ done });
    await ctx.checkpoint(done);
  }
  return pages;
}

const values = [null, 0, '', false, undefined, 'text', { nested: [1, { deep: true }] }, 'x'.repeat(3_000)];

export function someBehaviour(prng: Prng): Behaviour {
  const ms = prng.pick([0, 10, 1_000, 15_000, 60_000]);
  const most = prng.fraction();
  if (most < 0.3) {
    const value = prng.pick([...values, ...values]);
    return { does: 'return', ms, ...(value !== undefined && { value }) };
  }
  if (most < 0.48) return { does: 'throw', ms, times: prng.between(1, 3) };
  if (most < 0.52) return { does: 'give up' };
  if (most < 0.97) return { does: 'page', pages: prng.between(2, 9), ms: prng.pick([1_000, 30_000, 30_000]) };
  return { does: 'ignore signals', ms: prng.pick([10_000, 200_000]) };
}
