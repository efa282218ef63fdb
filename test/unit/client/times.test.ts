import { defineTask, defineWorkflow } from 'holdfast';
import { expect, it } from 'vitest';
import * as z from 'zod';
import { VirtualSystem } from '../../support/virtual-system.ts';

/* When what runs could begin, and until when it is held. */

it.each(['task', 'workflow'])(
  'a %s tells since when it could begin, and until when it is held',
  async (kind) => {
    const held = Promise.withResolvers<void>();
    const hold = defineTask({ name: 'hold', input: z.null(), lease: '30s', run: () => held.promise });
    const holds = defineWorkflow('holds', { input: z.null() }).step(hold).build();
    const system = new VirtualSystem({ hold, holds });
    const { client, clock } = system;
    const at = (ms: number) => new Date(ms).toISOString();
    const submitted = clock.now();
    const { id } = await client.submitByName(kind === 'task' ? 'hold' : 'holds', null);
    const look = async () => {
      const run = await client.get(id);
      return run.nodes?.[0] ?? run;
    };
    expect(await look()).toMatchObject({ status: 'ready', readyAt: at(submitted) });
    await clock.advance(2_000);
    const claimed = clock.now();
    const times = { readyAt: at(submitted), startedAt: at(claimed) };
    const driving = system.drive();
    await expect.poll(look).toMatchObject({ status: 'running', ...times, leasedUntil: at(claimed + 30_000) });
    held.resolve();
    await driving;
    expect(await look()).toMatchObject({ status: 'succeeded', ...times });
    expect(await look()).not.toHaveProperty('leasedUntil');
  },
);
