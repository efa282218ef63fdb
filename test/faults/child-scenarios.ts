import { again, decision, defineTask, defineWorkflow, done } from 'holdfast';
import * as z from 'zod';
import { finished } from '../../lib/testing/simulation/work.ts';
import { allEnd, ends, succeeds } from './outcomes.ts';
import { cancels, named, pauses, resumes, retries, signals } from './people.ts';
import { idempotencyKey, leftToDiscovery, type Scenario, scenarioOf } from './scenario.ts';
import { add, bloat, double, shrink, slow, strict } from './steps.ts';

const input = z.number();

const small = defineWorkflow('small', { input }).step(strict).step(double).build();
const wide = defineWorkflow('wide', { input }).step(bloat).build();
const gated = defineWorkflow('gated', { input }).awaitSignal('go', { schema: z.number() }).build();
const lasting = defineWorkflow('lasting', { input }).step(slow).build();

const calls = defineWorkflow('calls', { input }).step(add).child(small).step(double).build();
const begins = defineWorkflow('begins', { input }).child(lasting).step(double).build();
const widens = defineWorkflow('widens', { input }).child(wide).step(shrink).build();
const waits = defineWorkflow('waits', { input }).child(gated).step(double).build();
const deep = defineWorkflow('deep-child', { input }).child(waits).child(small).build();
const forks = defineWorkflow('forks', { input })
  .fork({ a: (b) => b.child(lasting), b: (b) => b.child(small).step(double), c: (b) => b.step(slow) })
  .join('all', ({ a, b, c }) => a + b + c)
  .build();
const breaks = defineWorkflow('breaks', { input })
  .fork({ a: (b) => b.child(lasting).step(add), b: (b) => b.step(double).step(strict) })
  .join('all', ({ a, b }) => a + b)
  .build();
const judges = defineTask({
  name: 'judges',
  input,
  output: decision({ again: input, done: input }),
  run: (n, ctx) => {
    finished(ctx);
    return n < 10 ? again(n) : done(n);
  },
});
const turns = defineWorkflow('turns-child', { input })
  .loop('turn', (b) => b.child(small).step(judges), { maxIterations: 5 })
  .build();

const scenario = scenarioOf('a child');

const children: readonly Scenario[] = [
  scenario('that succeeds', calls, { outcome: succeeds(8) }),
  scenario('that fails', calls, {
    input: -5,
    outcome: ends('failed', { code: 'ChildFailed', message: 'negative' }),
  }),
  scenario('that gives a large output', widens, { outcome: succeeds(1) }),
  scenario('in a child, that waits for a signal', deep, {
    later: [signals('go', 3, { of: named('gated') })],
    outcome: succeeds(12),
  }),
  scenario('in branches of a fork', forks, { outcome: succeeds(206) }),
  scenario('in a loop', turns, { outcome: succeeds(16) }),
  scenario('that is cancelled with its parent while it works', begins, {
    later: [cancels('abort')],
    outcome: allEnd('cancelled', 2),
  }),
  scenario('that is cancelled gracefully with its parent, over levels', deep, {
    later: [cancels()],
    outcome: allEnd('cancelled'),
    undisturbed: allEnd('cancelled', 3),
  }),
  scenario('that is cancelled before it is started', begins, {
    act: (client) => client.submitByName('begins', 1, { idempotencyKey, delay: '2m' }),
    later: [cancels()],
    outcome: allEnd('cancelled', 2),
  }),
  scenario('that is cancelled by itself', begins, {
    later: [cancels('abort', { of: named('lasting') })],
    outcome: ends('failed', { code: 'ChildFailed', message: 'cancelled' }),
  }),
  scenario('whose parent fails beside it', breaks, {
    input: -5,
    // Where the failure comes late, the child may have ended before.
    outcome: ends('failed', { message: 'negative' }),
    undisturbed: (run, [, child]) => {
      ends('failed', { message: 'negative' })(run);
      ends('cancelled')(child);
    },
  }),
  scenario('whose parent is paused meanwhile', begins, {
    later: [pauses(), resumes({ after: 90_000 }), resumes({ after: 180_000 })],
    outcome: succeeds(202),
  }),
  scenario('that failed, of a run that is retried', calls, {
    input: -5,
    later: [retries({ input: 3 })],
    outcome: (_, [, , retried]) => succeeds(12)(retried),
  }),
];

export const childScenarios: readonly Scenario[] = [...children, ...leftToDiscovery(children)];
