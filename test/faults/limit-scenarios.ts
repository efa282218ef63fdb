import { type Client, defineTask } from 'holdfast';
import * as z from 'zod';
import type { Clock } from '../../lib/ports/clock.ts';
import { idempotencyKey, type Scenario } from './scenario.ts';
import { works } from './works.ts';

/* Three runs that share a limit: whatever happens, none waits for ever, and a slot that was lost is free again. */

const tasks = (clock: Clock) => ({
  alone: defineTask({
    name: 'alone',
    input: z.number(),
    limit: { concurrency: 1 },
    run: (_, ctx) => works(clock, 45_000, ctx),
  }),
  evenly: defineTask({
    name: 'evenly',
    input: z.number(),
    limit: { rate: { count: 1, per: '40s' } },
    run: (n) => n,
  }),
});

const three = (task: string) => (client: Client) =>
  client.submitAllByName(
    ['a', 'b', 'c'].map((ref, n) => ({
      ref,
      task,
      input: n,
      idempotencyKey: n === 0 ? idempotencyKey : ref,
    })),
  );

const scenario = (name: string, task: string): Scenario => ({
  name: `limit: ${name}`,
  tasks,
  act: three(task),
  outcome: (_run, all) => {
    const seen = all.map(({ status }) => status);
    if (seen.join() !== 'succeeded,succeeded,succeeded') throw new Error(`ended ${JSON.stringify(all)}`);
  },
});

export const limitScenarios: readonly Scenario[] = [
  scenario('one at a time', 'alone'),
  scenario('one each 40 s', 'evenly'),
];
