import { type Context, defineTask } from 'holdfast';
import * as z from 'zod';
import type { Client, Submitted } from '../../lib/client/client.ts';
import type { Run } from '../../lib/client/run-view.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { meaningOf } from '../../lib/testing/simulation/meaning.ts';
import { type Piece, type WorkflowName, workflows } from '../../lib/testing/simulation/workflows.ts';
import type { World } from './world.ts';

const idempotencyKey = 'the-one';

export interface Scenario {
  readonly name: string;
  readonly tasks: (clock: Clock) => Record<string, unknown>;
  /** Everything that the client does; it may be done again after a crash. */
  readonly act: (client: Client) => Promise<Submitted>;
  /** What must be seen in the end, whatever happened in between. */
  readonly outcome: (run: Run) => void;
  /** The submission's own message is never delivered: discovery does it all. */
  readonly losesDoorbell?: boolean;
  /** How long an executor's invocation lasts, in milliseconds. Default: for ever. */
  readonly lambdaMs?: number;
  /** Its handlers tell what they did. */
  readonly workflow?: WorkflowName;
  /** What the client does once the task runs. */
  readonly later?: (client: Client, run: string) => Promise<unknown>;
}

const works = (clock: Clock, ms: number, ctx: Context) =>
  new Promise<void>((resolve, reject) => {
    const timer = clock.after(ms, resolve);
    ctx.signal.addEventListener('abort', () => {
      timer.cancel();
      reject(ctx.signal.reason);
    });
  });

const submitByName = (name: string, input: unknown) => (client: Client) =>
  client.submitByName(name, input, { idempotencyKey, maxAttempts: 5 });

const succeeds = (output: unknown) => (run: Run) => {
  if (run.status !== 'succeeded') throw new Error(`ended ${JSON.stringify(run)}`);
  if (JSON.stringify(run.output) !== JSON.stringify(output))
    throw new Error(`gave ${JSON.stringify(run.output)}`);
};

/** One fault is survived by far fewer attempts than each node has. */
function workflowScenario(workflow: WorkflowName, given: Partial<Piece> = {}): Scenario {
  const input: Piece = { n: 5, ms: 0, fails: [], ballast: '', ...given };
  const n = meaningOf(workflow, input);
  return {
    name: `a workflow: ${workflow}`,
    tasks: () => ({ workflow: workflows[workflow] }),
    act: (client) => client.submitByName(workflow, input, { idempotencyKey }),
    outcome: succeeds({ ...input, n }),
    workflow,
  };
}

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
    outcome: (run) => {
      if (run.status !== 'failed' || run.error.message !== 'never')
        throw new Error(`ended ${JSON.stringify(run)}`);
    },
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
    later: (client, run) => client.cancel(run, { mode: 'abort' }),
    outcome: (run) => {
      if (run.status !== 'cancelled') throw new Error(`ended ${JSON.stringify(run)}`);
    },
  },
  workflowScenario('chain', { fails: ['double'] }),
  workflowScenario('forked', { fails: ['sum/b/double'] }),
  workflowScenario('nested'),
  workflowScenario('routed'),
  workflowScenario('looped'),
  workflowScenario('rounds'),
  workflowScenario('deep', { n: 2 }),
  workflowScenario('delayed'),
  workflowScenario('long', { ballast: 'x'.repeat(300) }),
  {
    ...workflowScenario('forked', { ms: 90_000 }),
    name: 'a workflow: a fork that is cancelled in mid-run',
    later: (client, run) => client.cancel(run, { mode: 'abort' }),
    outcome: (run) => {
      if (run.status !== 'cancelled') throw new Error(`ended ${JSON.stringify(run)}`);
    },
  },
];

export async function play(scenario: Scenario, world: World): Promise<Run> {
  const { lambdaMs } = scenario;
  giveUp(scenario.act(world.client()));
  await world.clock.advance(0);
  if (scenario.losesDoorbell) world.loseMessages();
  await world.pass(30_000, lambdaMs);
  // Whoever asked and got no answer asks again: the idempotency key makes it the same run.
  const run = await scenario.act(world.observer());
  if (scenario.later) {
    giveUp(scenario.later(world.client(), run.id));
    await world.pass(30_000, lambdaMs);
    await scenario.later(world.observer(), run.id).catch(() => {});
  }
  await world.pass(3 * 3_600_000, lambdaMs);
  return world.observer().get(run.id);
}

/** A call whose process may die in it: nobody waits for its end. */
function giveUp(call: Promise<unknown>): void {
  call.catch(() => {});
}
