import { awsClients } from '../../lib/compose/aws-clients.ts';
import { compose } from '../../lib/compose/compose.ts';
import { noTenant, type RunId } from '../../lib/model/ids.ts';
import { isReadable } from '../../lib/ports/run-store.ts';
import { startHoldfast } from '../stack/holdfast.ts';
import { openStack } from '../stack/stack.ts';
import { addOne } from '../tasks/work.ts';
import type { Growth } from './growth.ts';
import { seed } from './seed.ts';
import { meter } from './shared.ts';

/** One more task, and a page of the list, while more and more runs have ended before. */
export const history = (endpoint: string | undefined): Growth => ({
  name: 'history',
  of: 'runs that have ended',
  measures: [
    { name: 'one more task', unit: 'ms', grows: 'not' },
    { name: 'its requests', unit: 'requests', grows: 'not' },
    { name: 'a page of 50', unit: 'ms', grows: 'not' },
    { name: 'its requests', unit: 'requests', grows: 'not' },
  ],
  amounts: { quick: [100, 1_000, 10_000], full: [1_000, 10_000, 100_000] },
  async prepare() {
    const stack = await openStack(endpoint);
    const { env, table } = stack;
    const holdfast = await startHoldfast(env, { addOne }, 16);
    const { client, ended } = holdfast;
    const first = await client.submit(addOne, 1);
    await ended(first.id);
    const template = await compose(env).runs.get({ tenant: noTenant, run: first.id as RunId });
    if (!isReadable(template)) throw new Error('the run that has ended is not there');
    const { dynamodb } = awsClients(env);
    let there = 1;
    return {
      async measure(amount) {
        const at = Date.now() - 86_400_000;
        let n = 0;
        await seed(dynamodb, table, amount - there, (run) => ({ ...template, run, at: at + n++ }));
        there = amount;
        const one = await meter(50, () => holdfast.run(addOne, 1));
        const page = await meter(5, () => client.list({ status: 'succeeded', limit: 50 }));
        return [one.ms, one.requests, page.ms, page.requests];
      },
      async [Symbol.asyncDispose]() {
        await holdfast[Symbol.asyncDispose]();
        await stack[Symbol.asyncDispose]();
      },
    };
  },
});
