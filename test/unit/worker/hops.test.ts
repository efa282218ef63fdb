import { expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import { defineWorkflow } from '../../../lib/define/workflow/define-workflow.ts';
import type { Dispatch } from '../../../lib/model/message.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const steps = 100;
/** Lambda stops a chain of invocations by each other at about this many. */
const hopsMax = 16;
const minute = 60_000;

const add = defineTask({ name: 'add', input: z.number(), run: (n: number) => n + 1 });
let chain = defineWorkflow('long', { input: z.number() }).map('begin' as string, (n) => n);
for (let step = 1; step <= steps; step += 1) chain = chain.step(add, { id: `step-${step}` as string });
const long = chain.build();

/** A Lambda without time for a second step, which drops what went from executor to executor too often. */
async function play(hopLimit: number) {
  const system = new VirtualSystem({ long }, { hopLimit });
  const run = await system.client.submit(long, 0);
  let dropped = 0;
  let messages = 0;
  const deliver = async ({ delayMs, message }: Dispatch) => {
    await system.clock.advance(delayMs);
    if (message.hop >= hopsMax) {
      dropped += 1;
      return;
    }
    messages += 1;
    const executor = system.executor();
    executor.shutDown();
    await executor.execute(system.delivery(message));
  };
  for (let ticks = 0; ticks < 1_000; ticks += 1) {
    while (system.queue.sent.length > 0) for (const dispatch of system.queue.drain()) await deliver(dispatch);
    const view = await system.client.get(run);
    if (view.status !== 'ready')
      return { output: view.status === 'succeeded' && view.output, dropped, messages };
    await system.clock.advance(minute);
    await system.discover();
  }
  throw new Error('it never ends');
}

it('a chain of steps that each need a message of their own ends, and no message goes too far', async () => {
  const played = await play(hopsMax);
  expect(played).toMatchObject({ output: steps, dropped: 0 });
  expect(played.messages).toBe(steps + 1);
});

it('loses messages to a stop that the hop limit does not respect', async () => {
  expect((await play(1_000)).dropped).toBeGreaterThan(0);
});
