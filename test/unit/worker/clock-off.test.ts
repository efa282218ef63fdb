import { expect, it, vi } from 'vitest';
import * as z from 'zod';
import { defineTask } from '../../../lib/define/task.ts';
import type { ClockOffset } from '../../../lib/ports/clock-offset.ts';
import { Executor } from '../../../lib/worker/executor.ts';
import { Statistics } from '../../../lib/worker/statistics.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });

/** An executor that believes its clock to be this far off. */
function start(offset: Partial<ClockOffset> | undefined, settings = {}) {
  const system = new VirtualSystem({ echo }, settings);
  const known: { offset: ClockOffset | undefined } = {
    offset: offset && { ms: 0, doubtMs: 100, answers: 5, ...offset },
  };
  const get = vi.spyOn(system.runs, 'get');
  const ports = { ...system.ports(), clockOffset: { read: () => known.offset } };
  const executor = new Executor(ports, new Statistics());
  return { executor, get, known, system };
}

it('claims nothing while it is off: the message comes back, the run is as it was, no attempt is spent', async () => {
  const { executor, system } = start({ ms: -3_000 });
  const run = await system.client.submit(echo, 1);
  const before = await system.stored(run.id);
  expect(await system.executeNext(executor)).toEqual({
    verdict: 'defer',
    visibility: 30,
    because: 'ClockOff',
  });
  expect(await system.stored(run.id)).toEqual(before);
  expect(system.logged('the clock of this machine is off')).toMatchObject([
    { level: 'error', fields: { code: 'ClockOff', offsetMs: -3_000, doubtMs: 100, run: run.id } },
  ]);
});

it('asks the store once more each time, so that it learns when it is right again', async () => {
  const { executor, get, known, system } = start({ ms: 5_000 });
  const run = await system.client.submit(echo, 1);
  const message = system.takeMessage();
  for (const times of [1, 2]) {
    await executor.execute(system.delivery(message));
    expect(get).toHaveBeenCalledTimes(times);
  }
  known.offset = { ms: 12, doubtMs: 500, answers: 1 };
  expect(await executor.execute(system.delivery(message))).toMatchObject({ because: 'succeeded' });
  expect(await system.client.get(run)).toMatchObject({ status: 'succeeded', attempt: 1 });
});

it.each([
  ['nothing is known of it', undefined],
  ['it is nearly right', { ms: 1_900 }],
  ['only two answers say that it is not', { ms: 60_000, answers: 2 }],
  ['it is not sure', { ms: 2_400, doubtMs: 1_000 }],
])('claims while %s', async (_what, offset) => {
  const { executor, get, system } = start(offset);
  await system.client.submit(echo, 1);
  expect(await system.executeNext(executor)).toMatchObject({ because: 'succeeded' });
  expect(get).not.toHaveBeenCalled();
});

it('is as strict as the setting', async () => {
  const { executor, system } = start({ ms: 3_000 }, { clockTolerance: '5s' });
  await system.client.submit(echo, 1);
  expect(await system.executeNext(executor)).toMatchObject({ because: 'succeeded' });
});
