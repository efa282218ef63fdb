import { expect, it } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import type { DispatchMessage } from '../../../lib/model/message.ts';
import type { RunStore } from '../../../lib/ports/run-store.ts';
import { acquire } from '../../../lib/worker/acquire.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const leaseMs = 20_000;

it('takes over for a whole lease, however late it learns that its claim was refused', async () => {
  const task = defineTask({ name: 'task', input: z.null(), run: () => null });
  const system = new VirtualSystem({ task });
  const run = await system.client.submit(task, null);
  const message = system.takeMessage();
  await acquire(system.ports('crashed'), commandOf(system, message, 'one'));
  await system.clock.advance(60_000);

  const slow: RunStore = Object.create(system.runs, {
    apply: {
      value: async (...given: Parameters<RunStore['apply']>) => {
        const answer = await system.runs.apply(...given);
        if (given[0].name === 'claim') await system.clock.advance(120_000);
        return answer;
      },
    },
  });
  await acquire(system.ports('slow', slow), commandOf(system, message, 'two'));

  const node = await system.node(run.id);
  expect(node).toMatchObject({ status: 'running', worker: 'slow', attempt: 2 });
  expect(node.status === 'running' && node.lease.until).toBe(system.clock.now() + leaseMs);
});

function commandOf(system: VirtualSystem, { hash, node, run, tenant }: DispatchMessage, nonce: string) {
  return () => ({
    key: { tenant, run },
    node,
    hash,
    nonce: nonce as never,
    worker: nonce === 'one' ? 'crashed' : 'slow',
    leaseUntil: system.clock.now() + leaseMs,
  });
}
