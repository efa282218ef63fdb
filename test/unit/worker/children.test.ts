import { expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import { deferred, VirtualSystem } from '../../support/virtual-system.ts';

const double = defineTask({ name: 'double', input: z.number(), run: (value) => value * 2 });
const inner = defineWorkflow('inner', { input: z.number() }).step(double).build();
const outer = defineWorkflow('outer', { input: z.number() }).child(inner).step(double).build();
const tasks = { outer };

it('a run whose nodes have one attempt each goes on after its child', async () => {
  const s = new VirtualSystem(tasks, { maxAttempts: 1 });
  const run = await s.client.submit(outer, 3);
  await s.drive();
  expect(await s.client.get(run)).toMatchObject({ status: 'succeeded', output: 12 });
});

it('a run that is aborted while its child is being started ends only after that', async () => {
  const s = new VirtualSystem(tasks);
  const run = await s.client.submit(outer, 3);
  // The child is stored and its message sent, but its starter does not hear of it.
  const answer = deferred<void>();
  const send = s.queue.send.bind(s.queue);
  s.queue.send = async (dispatches) => {
    const unsent = await send(dispatches);
    await answer.promise;
    return unsent;
  };
  const starting = s.executeNext();
  await s.clock.advance(0);
  const message = s.takeMessage();
  const child = message.run;
  // Somebody works on the child already, and falls silent.
  const frozen = Object.create(s.runs) as VirtualSystem['runs'];
  frozen.apply = (transition) =>
    transition.name === 'claim' ? s.runs.apply(transition) : deferred<never>().promise;
  void s.executor('frozen', frozen).execute(s.delivery(message));
  await s.clock.advance(1_000);
  expect(await s.client.get(child)).toMatchObject({ status: 'running' });
  await s.client.cancel(run, { mode: 'abort' });
  // The starter hears of it by its next renewal, before it has an answer.
  await s.clock.advance(s.settings.lease / 2);
  answer.resolve();
  await starting;
  expect([await phaseOf(s, run.id), await phaseOf(s, child)]).toEqual(['active', 'active']);
  for (let minute = 0; minute < 5; minute += 1) {
    await s.clock.advance(60_000);
    await s.discover();
  }
  expect([await phaseOf(s, run.id), await phaseOf(s, child)]).toEqual(['cancelled', 'cancelled']);
});

const phaseOf = async (s: VirtualSystem, id: string) => (await s.stored(id)).phase;
