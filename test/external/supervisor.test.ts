import { expect, it } from 'vitest';
import { planOf } from '../../lib/external/options.ts';
import { Supervisor } from '../../lib/external/supervisor.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { fakeContext } from './fake-context.ts';

/** Passes all time at once, and keeps how much that was. */
function hastyClock() {
  const pauses: number[] = [];
  let now = 1_000;
  const clock: Clock = {
    now: () => now,
    after: (delay, fire) => {
      pauses.push(delay);
      now += delay;
      queueMicrotask(fire);
      return { cancel: () => {} };
    },
  };
  return { clock, pauses };
}

const executing = (supervisor: Supervisor) => async (task: string) =>
  await supervisor.execute(task, 0, fakeContext().ctx).catch((error: { code: string }) => error.code);

it('a program that does not start is started again after pauses that grow to 30 s', async () => {
  const { clock, pauses } = hastyClock();
  const execute = executing(new Supervisor(planOf({ command: 'no-such-program' }), clock));
  for (let i = 0; i < 12; i += 1) expect(await execute('any')).toBe('ExternalNotStarted');
  expect(pauses).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
});

it('a task that comes to an end makes the pauses short again', { timeout: 60_000 }, async () => {
  const { clock, pauses } = hastyClock();
  const args = [new URL('./fixtures/executor.js', import.meta.url)];
  const supervisor = new Supervisor(planOf({ command: process.execPath, args }), clock);
  const execute = executing(supervisor);
  for (const task of ['ends', 'ends', 'ends', 'whoami', 'ends', 'whoami']) await execute(task);
  expect(pauses).toEqual([100, 200, 400, 100]);
  await supervisor.close();
});

it('many tasks at once wait for one start', async () => {
  const { clock, pauses } = hastyClock();
  const execute = executing(new Supervisor(planOf({ command: 'no-such-program' }), clock));
  const many = () => Promise.all(Array.from({ length: 5 }, () => execute('any')));
  expect(await many()).toEqual(Array(5).fill('ExternalNotStarted'));
  expect(await many()).toEqual(Array(5).fill('ExternalNotStarted'));
  expect(pauses).toEqual([100]);
});
