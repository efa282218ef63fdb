import { defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';
import { allEnd, ends, succeeds } from './outcomes.ts';
import { cancels, pauses, resumes, retries, signals } from './people.ts';
import { idempotencyKey, leftToDiscovery, type Scenario, scenarioOf } from './scenario.ts';
import { add, bloat, double, shrink, slow, step, strict, swell } from './steps.ts';
import { works } from './works.ts';

const input = z.number();

const two = defineWorkflow('two', { input }).step(slow).step(double).build();
const waits = defineWorkflow('waits', { input })
  .step(add)
  .awaitSignal('go', { schema: z.number(), timeout: '5m', onTimeout: (b) => b.step(double) })
  .step(add, { id: 'last' })
  .build();
const forks = defineWorkflow('forks', { input })
  .fork({
    a: (b) => b.step(slow).step(add),
    b: (b) => b.step(step('short', 45_000, (n) => n + 1)).step(double),
  })
  .join('all', ({ a, b }) => a * b)
  .build();
const delays = defineWorkflow('delays', { input }).delay('rest', '2m').step(add).build();
const checks = defineWorkflow('checks', { input }).step(add).step(strict).step(double).build();
const carries = defineWorkflow('carries', { input })
  .step(add, { id: 's1' })
  .step(swell)
  .step(shrink)
  .step(bloat, { id: 'again' })
  .step(shrink, { id: 'last' })
  .step(strict)
  .step(double)
  .build();
const broken = defineWorkflow('broken', { input })
  .fork({
    a: (b) => b.step(strict),
    b: (b) => b.awaitSignal('go', { schema: z.number(), timeout: '10m' }).map('came', Number),
  })
  .join('all', ({ a, b }) => a + b)
  .build();

const paused = scenarioOf('a pause');
const cancelled = scenarioOf('a cancel');
const again = scenarioOf('a retry');

/** The second time for one who was slow and has paused it again. */
const resumed = [resumes({ after: 60_000 }), resumes({ after: 180_000 })];

/** A task alone, which leaves to its next attempt how far it came. */
const pages: Scenario = {
  name: 'a pause: that aborts a task between checkpoints',
  tasks: (clock) => ({
    task: defineTask({
      name: 'pages',
      input,
      run: async (n, ctx) => {
        for (let page = Number(ctx.checkpointed ?? 0); page < n; page += 1) {
          await works(clock, 20_000, ctx);
          await ctx.checkpoint(page + 1);
        }
        return n;
      },
    }),
  }),
  act: (client) => client.submitByName('pages', 5, { idempotencyKey }),
  later: [pauses('abort'), ...resumed],
  outcome: succeeds(5),
};

const stops: readonly Scenario[] = [
  paused('during a step', two, { later: [pauses(), ...resumed], outcome: succeeds(202) }),
  paused('that aborts a step', two, { later: [pauses('abort'), ...resumed], outcome: succeeds(202) }),
  pages,
  paused('of a run that waits for a signal, which comes meanwhile', waits, {
    later: [pauses(), signals('go', 7), ...resumed],
    outcome: succeeds(8),
  }),
  paused('over the time of a signal', waits, {
    later: [pauses(), resumes({ after: 300_000 }), resumes({ after: 180_000 })],
    outcome: succeeds(5),
  }),
  paused('of a fork', forks, { later: [pauses(), ...resumed], outcome: succeeds(408) }),
  paused('of a delay', delays, { later: [pauses(), ...resumed], outcome: succeeds(2) }),
  cancelled('of a paused run', two, {
    later: [pauses(), cancels('graceful', { after: 90_000 })],
    outcome: ends('cancelled'),
  }),
  cancelled('that is raised to abort', two, {
    later: [cancels(), cancels('abort')],
    outcome: ends('cancelled'),
  }),
  cancelled('of a run that waits', waits, { later: [cancels()], outcome: ends('cancelled') }),
  cancelled('of a fork', forks, { later: [cancels()], outcome: allEnd('cancelled', 1) }),
];

const retried: readonly Scenario[] = [
  again('of a failed run', checks, {
    input: -5,
    later: [retries()],
    outcome: (run, [, next]) => {
      ends('failed', { message: 'negative' })(run);
      ends('failed', { message: 'negative' })(next);
    },
  }),
  again('with another input', checks, {
    input: -5,
    later: [retries({ input: 4 })],
    outcome: (run, [, next]) => {
      ends('failed')(run);
      succeeds(8)(next);
    },
  }),
  again('with a history and large values', carries, {
    input: -5,
    later: [retries({ input: 4 })],
    outcome: (_, [, next]) => succeeds(8)(next),
  }),
  again('with a branch that waits', broken, {
    input: -5,
    later: [
      retries({ input: 4 }),
      signals('go', 7, { of: ({ all }) => all.find(({ retryOf }) => retryOf !== undefined) as never }),
    ],
    outcome: (_, [, next]) => succeeds(11)(next),
  }),
];

export const peopleScenarios: readonly Scenario[] = [...stops, ...leftToDiscovery(stops), ...retried];
