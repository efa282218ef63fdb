import { expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { NonRetryableError } from '../../../lib/model/errors.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

/** So many writes are no hot loop yet. */
const writesMax = 20;

it.each(['throws', 'returns'] as const)(
  'a branch that %s after its run has failed by another one gives up at once',
  async (does) => {
    const held = deferred<void>();
    const fails = defineTask({
      name: 'fails',
      input: z.number(),
      run: () => {
        throw new NonRetryableError('the other branch');
      },
    });
    const slow = defineTask({
      name: 'slow',
      input: z.number(),
      run: async (n: number) => {
        await held.promise;
        if (does === 'throws') throw new Error('too late');
        return n;
      },
    });
    const forked = defineWorkflow('forked', { input: z.number() })
      .fork({ a: (b) => b.step(slow), b: (b) => b.step(fails) })
      .join('both', ({ a }) => a)
      .build();
    const system = new VirtualSystem({ forked });
    const run = await system.client.submit(forked, 1);
    let writes = 0;
    const apply = system.runs.apply.bind(system.runs);
    system.runs.apply = (transition) => {
      writes += 1;
      if (writes > writesMax) throw new Error('it writes again and again');
      return apply(transition);
    };
    const late = system.executeNext();
    await system.executeNext();
    expect(await system.client.get(run)).toMatchObject({ status: 'failed' });
    held.resolve();
    expect(await late).toMatchObject({ verdict: 'acknowledge', because: 'lost' });
    expect(await system.client.get(run)).toMatchObject({ status: 'failed' });
  },
);
