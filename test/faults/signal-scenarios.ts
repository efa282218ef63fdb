import { again, decision, defineTask, defineWorkflow, done } from 'holdfast';
import * as z from 'zod';
import { finished } from '../../lib/testing/simulation/work.ts';
import { ends, succeeds, succeedsWith } from './outcomes.ts';
import { signals } from './people.ts';
import { leftToDiscovery, type Scenario, scenarioOf } from './scenario.ts';
import { add, double, slow, step } from './steps.ts';

const input = z.number();
const sum = { schema: z.number(), merge: (value: number, payload: number) => value + payload };

const approved = defineWorkflow('approved', { input }).step(slow).awaitSignal('go', sum).step(double).build();
const first = defineWorkflow('first', { input }).awaitSignal('go', sum).step(double).build();
const impatient = defineWorkflow('impatient', { input })
  .step(add)
  .awaitSignal('go', { ...sum, timeout: '20s', onTimeout: (b) => b.step(slow).step(double) })
  .step(add, { id: 'last' })
  .build();
const patient = defineWorkflow('patient', { input })
  .step(add)
  .awaitSignal('go', { ...sum, timeout: '16m' })
  .build();
const hurried = defineWorkflow('hurried', { input })
  .step(add)
  .awaitSignal('go', { ...sum, timeout: '75s', onTimeout: (b) => b.step(double) })
  .build();
const beside = defineWorkflow('beside', { input })
  .fork({
    a: (b) =>
      b
        .step(step('short', 45_000, (n) => n + 1))
        .awaitSignal('go', sum)
        .map('taken', Number),
    b: (b) => b.step(slow),
    c: (b) =>
      b.awaitSignal('never', { timeout: '80s', onTimeout: (late) => late.step(double) }).map('end', Number),
  })
  .join('all', ({ a, b, c }) => a * 10_000 + b * 10 + c)
  .build();
const large = defineWorkflow('large', { input })
  .awaitSignal('go', { schema: z.string() })
  .map('count', (text) => text.length)
  .build();

const takes = defineTask({
  name: 'takes',
  input: z.number(),
  output: decision({ again: z.number(), done: z.number() }),
  run: (n, ctx) => {
    finished(ctx);
    return n % 10 === 0 ? done(n) : again(n);
  },
});
const turns = defineWorkflow('turns', { input })
  .loop('turn', (b) => b.awaitSignal('go', sum).step(takes), { maxIterations: 5 })
  .build();

const scenario = scenarioOf('a signal');

const alone: readonly Scenario[] = [
  scenario('before the wait', approved, { later: [signals('go', 5)], outcome: succeeds(212) }),
  scenario('during the wait', first, { later: [signals('go', 5)], outcome: succeeds(12) }),
  scenario('after the wait', impatient, {
    later: [signals('go', 5, { after: 15_000 })],
    outcome: succeedsWith(205, 8),
    undisturbed: succeeds(205),
  }),
  scenario('as the wait ends', hurried, {
    later: [signals('go', 5, { after: 46_000 })],
    outcome: succeedsWith(7, 4),
  }),
  scenario('just after the wait', hurried, {
    later: [signals('go', 5, { after: 50_000 })],
    outcome: succeedsWith(7, 4),
    undisturbed: succeeds(4),
  }),
  scenario('timed out by discovery, without another way', patient, {
    outcome: ends('failed', { code: 'SignalTimeout' }),
  }),
  scenario('in branches of a fork', beside, { later: [signals('go', 5)], outcome: succeeds(71_012) }),
  scenario('as a branch comes to wait', beside, {
    later: [signals('go', 5, { after: 20_000 })],
    outcome: succeeds(71_012),
  }),
  scenario('with a large payload', large, {
    later: [signals('go', 'x'.repeat(3_000))],
    outcome: succeeds(3_000),
  }),
  scenario('three times for a loop, and one of them twice', turns, {
    later: [
      signals('go', 2, { id: 'a' }),
      signals('go', 3, { id: 'b' }),
      signals('go', 3, { id: 'b' }),
      signals('go', 4, { id: 'c' }),
    ],
    outcome: succeeds(10),
  }),
];

export const signalScenarios: readonly Scenario[] = [
  ...alone,
  // A signal that lies beside the node that waits for it.
  ...leftToDiscovery(
    alone.filter(({ name }) => name.includes('branch')),
    ['client', 'executor', 'discovery'],
  ),
];
