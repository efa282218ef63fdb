import { type Client, defineTask, defineWorkflow, type NamedBatchEntry, type SubmitOptions } from 'holdfast';
import * as z from 'zod';
import type { Run } from '../../lib/client/run-view.ts';
import { NonRetryableError } from '../../lib/model/errors.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { ends, succeeds, succeedsWith } from './outcomes.ts';
import { cancels, named, pauses, resumes, signals } from './people.ts';
import { type Asked, idempotencyKey, leftToDiscovery, type Scenario } from './scenario.ts';
import { works } from './works.ts';

const bulk = 'x'.repeat(2_000);

/** What depends on others adds up what they gave. */
const tasks = (clock: Clock) => {
  const task = (name: string, ms: number) =>
    defineTask({
      name,
      input: z.number(),
      run: async (n, ctx) => {
        if (n < 0) throw new NonRetryableError('negative');
        await works(clock, ms, ctx);
        return Object.values(ctx.dependencies as Record<string, number>).reduce((sum, each) => sum + each, n);
      },
    });
  return {
    quick: task('quick', 1_000),
    steady: task('steady', 45_000),
    other: task('other', 45_000),
    lengthy: task('lengthy', 200_000),
    last: task('last', 1_000),
    large: defineTask({
      name: 'large',
      input: z.number(),
      run: (n, { dependencies }) => `${n}${Object.values(dependencies).join()}${bulk}`,
    }),
    gated: defineWorkflow('gated', { input: z.number() })
      .awaitSignal('go', { schema: z.number(), timeout: '40s', onTimeout: (b) => b.map('late', () => -1) })
      .build(),
  };
};

interface Plan extends Pick<SubmitOptions, 'dependsOn' | 'onDependencyFailure' | 'delay'> {
  readonly task: string;
  readonly input?: number;
}

/** Submits one run after the other, each of which may depend on earlier ones, by their places. The last is the main one. */
const oneByOne =
  (...plans: readonly (Omit<Plan, 'dependsOn'> & { readonly on?: readonly number[] })[]) =>
  async (client: Client) => {
    const runs: Run[] = [];
    for (const [index, { input = 1, on = [], task, ...options }] of plans.entries()) {
      const key = index === plans.length - 1 ? idempotencyKey : `run-${index}`;
      const dependsOn = on.map((at) => runs[at]?.id ?? '');
      runs.push(await client.submitByName(task, input, { ...options, idempotencyKey: key, dependsOn }));
    }
  };

const scenario = (
  name: string,
  act: Scenario['act'],
  more: Pick<Scenario, 'outcome'> & Partial<Scenario>,
): Scenario => ({ name: `dependencies: ${name}`, tasks, act, ...more });

/** One that is submitted when the run that it depends on has mostly ended. */
const dependsOnIt = (): Asked => ({
  ask: (client, { main }) =>
    client.submitByName('last', 1, { idempotencyKey: 'dependent', dependsOn: [main.run] }),
  isDone: ({ all }) => all.some((run) => run.idempotencyKey === 'dependent'),
});

const failed = ends('failed', { code: 'DependencyFailed' });
const entry = (ref: string, task: string, dependsOn: readonly string[] = []): NamedBatchEntry => ({
  ref,
  task,
  input: 1,
  dependsOn,
  idempotencyKey: ref === 'last' ? idempotencyKey : ref,
});

const dependencies: readonly Scenario[] = [
  scenario('released', oneByOne({ task: 'steady' }, { task: 'last', on: [0] }), {
    makes: 2,
    outcome: succeeds(2),
  }),
  scenario('asked for again', oneByOne({ task: 'steady' }, { task: 'last', on: [0] }), {
    outcome: succeeds(2),
  }),
  scenario('ended while the dependent is submitted', oneByOne({ task: 'quick' }, { task: 'last', on: [0] }), {
    makes: 2,
    outcome: succeeds(2),
  }),
  scenario(
    'two that end at once',
    oneByOne({ task: 'steady' }, { task: 'other', input: 10 }, { task: 'last', on: [0, 1] }),
    { makes: 3, outcome: succeeds(12) },
  ),
  scenario(
    'one for two',
    oneByOne({ task: 'steady' }, { task: 'quick', on: [0] }, { task: 'last', on: [0] }),
    {
      makes: 3,
      outcome: (run, [, other]) => {
        succeeds(2)(run);
        succeeds(2)(other);
      },
    },
  ),
  scenario('failed', oneByOne({ task: 'steady', input: -1 }, { task: 'last', on: [0] }), {
    makes: 2,
    outcome: failed,
  }),
  scenario(
    'skipped',
    oneByOne({ task: 'steady', input: -1 }, { task: 'last', on: [0], onDependencyFailure: 'skip' }),
    { makes: 2, outcome: ends('skipped', { code: 'DependencyFailed' }) },
  ),
  scenario(
    'a chain of three',
    oneByOne({ task: 'steady' }, { task: 'quick', on: [0] }, { task: 'last', on: [1] }),
    { makes: 3, outcome: succeeds(3) },
  ),
  scenario(
    'a chain of three that fails',
    oneByOne(
      { task: 'steady', input: -1 },
      { task: 'quick', on: [0], onDependencyFailure: 'skip' },
      { task: 'last', on: [1] },
    ),
    {
      makes: 3,
      outcome: (run, [, between]) => {
        failed(run);
        ends('skipped')(between);
      },
    },
  ),
  scenario(
    'large outputs',
    oneByOne({ task: 'large' }, { task: 'large', on: [0] }, { task: 'large', on: [1] }),
    {
      makes: 3,
      outcome: succeeds(`11${`1${bulk}`}${bulk}${bulk}`),
    },
  ),
  scenario('cancelled', oneByOne({ task: 'lengthy' }, { task: 'last', on: [0] }), {
    makes: 2,
    later: [cancels('abort', { of: named('lengthy') })],
    outcome: ends('failed', { code: 'DependencyFailed', message: 'cancelled' }),
  }),
  scenario('of one that is cancelled itself', oneByOne({ task: 'lengthy' }, { task: 'last', on: [0] }), {
    makes: 2,
    later: [cancels()],
    outcome: ends('cancelled'),
  }),
  scenario('succeeded before', oneByOne({ task: 'quick' }), {
    later: [dependsOnIt()],
    outcome: (_, [, dependent]) => succeeds(2)(dependent),
  }),
  scenario('failed before', oneByOne({ task: 'quick', input: -1 }), {
    later: [dependsOnIt()],
    outcome: (_, [, dependent]) => failed(dependent),
  }),
  scenario('of a delayed one', oneByOne({ task: 'quick' }, { task: 'last', on: [0], delay: '2m' }), {
    makes: 2,
    outcome: succeeds(2),
  }),
  // By then looks are a quarter of an hour apart.
  scenario(
    'after a long time',
    oneByOne({ task: 'quick', delay: '16m' }, { task: 'quick', delay: '965s' }, { task: 'last', on: [0, 1] }),
    { makes: 3, outcome: succeeds(3) },
  ),
  scenario('released in a pause', oneByOne({ task: 'steady' }, { task: 'last', on: [0] }), {
    makes: 2,
    later: [pauses(), resumes({ after: 60_000 }), resumes({ after: 180_000 })],
    outcome: succeeds(2),
  }),
  scenario('of one that waits for a signal then', oneByOne({ task: 'steady' }, { task: 'gated', on: [0] }), {
    makes: 2,
    later: [signals('go', 5)],
    outcome: succeeds(5),
  }),
  scenario(
    'of one whose time to be signalled begins then',
    oneByOne({ task: 'steady' }, { task: 'gated', on: [0] }),
    {
      makes: 2,
      later: [signals('go', 5, { after: 30_000 })],
      outcome: succeedsWith(5, -1),
      undisturbed: succeeds(5),
    },
  ),
  scenario(
    'a batch',
    (client) =>
      client.submitAllByName([
        entry('a', 'steady'),
        entry('b', 'quick', ['a']),
        entry('last', 'last', ['a', 'b']),
      ]),
    { makes: 3, outcome: succeeds(4) },
  ),
  scenario(
    'a batch that depends on another run, asked for again',
    async (client) => {
      const other = await client.submitByName('steady', 10, { idempotencyKey: 'other' });
      await client.submitAllByName([entry('last', 'last', ['b']), entry('b', 'quick', [other.id])]);
    },
    { outcome: succeeds(12) },
  ),
];

export const dependencyScenarios: readonly Scenario[] = [...dependencies, ...leftToDiscovery(dependencies)];
