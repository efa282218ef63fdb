import { defineTask } from 'holdfast';
import * as z from 'zod';
import type { Client } from '../../lib/client/client.ts';
import type { Piece } from '../../lib/testing/simulation/pieces.ts';
import { plainWorkflows } from '../../lib/testing/simulation/workflows.ts';
import { ends, succeeds } from './outcomes.ts';
import { cancels } from './people.ts';
import { idempotencyKey, type Scenario } from './scenario.ts';
import { works } from './works.ts';

const submitByName = (name: string, input: unknown) => (client: Client) =>
  client.submitByName(name, input, { idempotencyKey, maxAttempts: 5 });

/** What a workflow makes of a number. One fault is survived by far fewer attempts than each node has. */
function workflowScenario(
  workflow: keyof typeof plainWorkflows,
  [n, made]: readonly [number, number],
  given: Partial<Piece> = {},
): Scenario {
  const input: Piece = { n, ms: 0, fails: [], ballast: '', ...given };
  return {
    name: `a workflow: ${workflow}`,
    tasks: () => ({ workflow: plainWorkflows[workflow] }),
    act: (client) => client.submitByName(workflow, input, { idempotencyKey }),
    outcome: succeeds({ ...input, n: made }),
    isWorkflow: true,
  };
}

/** Single tasks, and workflows that wait for nobody. */
export const scenarios: readonly Scenario[] = [
  {
    name: 'a short task',
    tasks: () => ({ task: defineTask({ name: 'short', input: z.number(), run: (n) => n + 1 }) }),
    act: submitByName('short', 1),
    outcome: succeeds(2),
  },
  {
    name: 'a task of several renewals',
    tasks: (clock) => ({
      task: defineTask({
        name: 'long',
        input: z.null(),
        run: async (_, ctx) => {
          ctx.progress('begun');
          await works(clock, 130_000, ctx);
          return 'done';
        },
      }),
    }),
    act: submitByName('long', null),
    outcome: succeeds('done'),
  },
  {
    name: 'large input and output',
    tasks: () => ({ task: defineTask({ name: 'large', input: z.string(), run: (text) => text.repeat(2) }) }),
    act: submitByName('large', 'x'.repeat(5_000)),
    outcome: succeeds('x'.repeat(10_000)),
  },
  {
    name: 'a failure and a retry',
    tasks: () => {
      let starts = 0;
      const run = () => {
        starts += 1;
        if (starts === 1) throw new Error('once');
        return 'recovered';
      };
      return { task: defineTask({ name: 'retried', input: z.null(), run }) };
    },
    act: submitByName('retried', null),
    outcome: succeeds('recovered'),
  },
  {
    name: 'a final failure',
    tasks: () => ({
      task: defineTask({
        name: 'failing',
        input: z.null(),
        retry: { retryIf: () => false },
        run: () => {
          throw new Error('never');
        },
      }),
    }),
    act: submitByName('failing', null),
    outcome: ends('failed', { message: 'never' }),
  },
  {
    name: 'checkpoints over several invocations',
    tasks: (clock) => ({
      task: defineTask({
        name: 'paged',
        input: z.null(),
        run: async (_, ctx) => {
          for (let page = Number(ctx.checkpointed ?? 0); page < 6; page += 1) {
            await works(clock, 20_000, ctx);
            await ctx.checkpoint(page + 1);
          }
          return 6;
        },
      }),
    }),
    act: submitByName('paged', null),
    outcome: succeeds(6),
    lambdaMs: 60_000,
  },
  {
    name: 'a task whose doorbell was lost',
    losesDoorbell: true,
    tasks: () => ({ task: defineTask({ name: 'unheard', input: z.null(), run: () => 'heard' }) }),
    act: submitByName('unheard', null),
    outcome: succeeds('heard'),
  },
  {
    name: 'a short lease behind a late look',
    losesDoorbell: true,
    tasks: (clock) => ({
      task: defineTask({
        name: 'hasty',
        input: z.null(),
        lease: '2s',
        run: async (_, ctx) => {
          await works(clock, 10_000, ctx);
          return 'quick';
        },
      }),
    }),
    act: submitByName('hasty', null),
    outcome: succeeds('quick'),
  },
  {
    name: 'a delayed task',
    tasks: () => ({ task: defineTask({ name: 'later', input: z.null(), run: () => 'late' }) }),
    act: (client) => client.submitByName('later', null, { idempotencyKey, delay: '20m' }),
    outcome: succeeds('late'),
  },
  {
    name: 'a cached result',
    tasks: () => ({
      task: defineTask({ name: 'cached', input: z.null(), cache: { ttl: '1d' }, run: () => 'kept' }),
    }),
    act: submitByName('cached', null),
    outcome: succeeds('kept'),
  },
  {
    name: 'a cancel in mid-run',
    tasks: (clock) => ({
      task: defineTask({ name: 'cancelled', input: z.null(), run: (_, ctx) => works(clock, 250_000, ctx) }),
    }),
    act: submitByName('cancelled', null),
    later: [cancels('abort')],
    outcome: ends('cancelled'),
  },
  workflowScenario('chain', [5, 14], { fails: ['double'] }),
  workflowScenario('forked', [5, 28], { fails: ['sum/b/double'] }),
  workflowScenario('nested', [5, 7]),
  workflowScenario('routed', [5, 160]),
  workflowScenario('looped', [5, 9216]),
  workflowScenario('rounds', [5, 148]),
  workflowScenario('deep', [2, 17]),
  workflowScenario('delayed', [5, 13]),
  workflowScenario('long', [5, 58], { ballast: 'x'.repeat(300) }),
  {
    ...workflowScenario('forked', [5, 28], { ms: 90_000 }),
    name: 'a workflow: a fork that is cancelled in mid-run',
    later: [cancels('abort')],
    outcome: ends('cancelled'),
  },
];
