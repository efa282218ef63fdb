import { expect, test } from 'vitest';
import { startSchedule } from '../../lib/local/schedule.ts';
import { VirtualClock } from '../../lib/testing/virtual-clock.ts';
import { collectingLogger } from './collecting-logger.ts';

const periodMs = 1_000;

function schedule(invoke: (event: unknown) => Promise<unknown>) {
  const clock = new VirtualClock();
  const { logger, lines } = collectingLogger();
  return {
    clock,
    lines,
    running: startSchedule({ target: { name: 'discover', invoke }, periodMs, clock, logger }),
  };
}

test('invokes at once, then once a period, and no more after stop', async () => {
  let calls = 0;
  const { clock, running } = schedule(async () => {
    calls += 1;
  });
  await clock.advance(0);
  expect(calls).toBe(1);
  await clock.advance(3 * periodMs);
  expect(calls).toBe(4);
  await running.stop();
  await clock.advance(3 * periodMs);
  expect(calls).toBe(4);
});

test('never two at a time: ticks that pass during an invocation are left out', async () => {
  let calls = 0;
  let finish = () => {};
  const { clock, running } = schedule(() => {
    calls += 1;
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  });
  await clock.advance(3.5 * periodMs);
  expect(calls).toBe(1);
  finish();
  await clock.advance(0.4 * periodMs);
  expect(calls).toBe(1);
  await clock.advance(0.1 * periodMs);
  expect(calls).toBe(2);
  finish();
  await running.stop();
});

test('a failed invocation is logged and changes nothing for the next', async () => {
  let calls = 0;
  const { clock, running, lines } = schedule(async () => {
    calls += 1;
    if (calls < 3) throw new Error('no store');
  });
  await clock.advance(2 * periodMs);
  expect(calls).toBe(3);
  expect(lines.filter((line) => line.includes('no store'))).toHaveLength(2);
  await running.stop();
});

test('stop waits for the invocation under way, until its signal fires', async () => {
  const { clock, running } = schedule(() => new Promise(() => {}));
  await clock.advance(0);
  const patience = new AbortController();
  let stopped = false;
  const stopping = running.stop(patience.signal).then(() => {
    stopped = true;
  });
  await clock.advance(10 * periodMs);
  expect(stopped).toBe(false);
  patience.abort();
  await stopping;
});
