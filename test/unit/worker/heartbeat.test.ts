import { expect, test } from 'vitest';
import { workerViewOf } from '../../../lib/client/view.ts';
import { readSettings } from '../../../lib/config/settings.ts';
import type { WorkerRecord } from '../../../lib/ports/worker-registry.ts';
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts';
import { Heartbeat } from '../../../lib/worker/heartbeat.ts';
import { Statistics } from '../../../lib/worker/statistics.ts';

const second = 1_000;

/** A registry that answers when the test says so. */
function slowRegistry() {
  const asked: { readonly record: WorkerRecord; readonly answer: () => void; readonly fail: () => void }[] =
    [];
  const put = (record: WorkerRecord) =>
    new Promise<void>((resolve, reject) => {
      asked.push({ record, answer: resolve, fail: () => reject(new Error('away')) });
    });
  return { asked, registry: { put, list: async () => [] } };
}

function begin(kind: WorkerRecord['kind'] = 'process') {
  const clock = new VirtualClock();
  const { asked, registry } = slowRegistry();
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  const logger = { debug: warn, info: warn, warn, error: warn, child: () => logger };
  const ports = { clock, logger, settings: readSettings({}), workerId: 'w' };
  const heartbeat = new Heartbeat(ports, registry, new Statistics(), { pool: 'default', kind });
  return { asked, clock, heartbeat, warnings };
}

test('beats every ten seconds, to expire after thirty', async () => {
  const { asked, clock, heartbeat } = begin();
  const started = heartbeat.start();
  asked[0]?.answer();
  await started;
  for (let beat = 1; beat <= 3; beat += 1) {
    await clock.advance(10 * second);
    expect(asked).toHaveLength(beat + 1);
    asked[beat]?.answer();
  }
  const { expiresAt = 0, lastSeenAt = 0, startedAt = 0 } = asked[3]?.record ?? {};
  expect([lastSeenAt - startedAt, expiresAt - lastSeenAt]).toEqual([30 * second, 30 * second]);
});

test.each([
  { kind: 'process', running: 0, silent: 'lost' },
  { kind: 'process', running: 1, silent: 'lost' },
  { kind: 'lambda', running: 1, silent: 'lost' },
  // Frozen, as Lambda does with idle ones: it cannot say that it is there.
  { kind: 'lambda', running: 0, silent: 'stopped' },
] as const)(
  'silent for thirty seconds, a $kind that ran $running is shown as $silent',
  async ({ kind, running, silent }) => {
    const { asked, clock, heartbeat } = begin(kind);
    const working = Promise.withResolvers<void>();
    if (kind === 'lambda') void heartbeat.during(() => working.promise);
    else void heartbeat.start();
    await clock.advance(0);
    const record = { ...(asked[0]?.record ?? expect.fail('it said nothing')), running };
    const shownAfter = (ms: number) => workerViewOf(record, record.lastSeenAt + ms).status;
    expect([0, 30 * second - 1, 30 * second].map(shownAfter)).toEqual(['healthy', 'healthy', silent]);
    working.resolve();
  },
);

test('a registry that takes long is not asked again meanwhile', async () => {
  const { asked, clock, heartbeat } = begin();
  const started = heartbeat.start();
  asked[0]?.answer();
  await started;
  await clock.advance(60 * second);
  expect(asked).toHaveLength(2);
  asked[1]?.answer();
  await clock.advance(10 * second);
  expect(asked).toHaveLength(3);
});

test('the last word is not overtaken by the one before', async () => {
  const { asked, clock, heartbeat } = begin();
  const started = heartbeat.start();
  asked[0]?.answer();
  await started;
  await clock.advance(10 * second);
  const stopped = heartbeat.stop();
  await clock.advance(10 * second);
  expect(asked.map(({ record }) => record.stopped)).toEqual([false, false]);
  asked[1]?.fail();
  await clock.advance(0);
  expect(asked[2]?.record.stopped).toBe(true);
  asked[2]?.answer();
  await stopped;
  await clock.advance(60 * second);
  expect(asked).toHaveLength(3);
});

test('one that could not be written is a warning, and the next follows', async () => {
  const { asked, clock, heartbeat, warnings } = begin();
  const started = heartbeat.start();
  asked[0]?.answer();
  await started;
  await clock.advance(10 * second);
  asked[1]?.fail();
  await clock.advance(10 * second);
  expect(warnings).toEqual(['heartbeat not written']);
  expect(asked).toHaveLength(3);
});

test('who was never registered is not deregistered', async () => {
  const { asked, heartbeat } = begin();
  const started = heartbeat.start();
  asked[0]?.fail();
  await expect(started).rejects.toThrow('away');
  await heartbeat.stop();
  expect(asked).toHaveLength(1);
});

test('an environment on Lambda beats around its invocations, at most once a heartbeat, and never between them', async () => {
  const { asked, clock, heartbeat } = begin('lambda');
  const invoke = async (ms: number) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const invoked = heartbeat.during(() => promise);
    asked.at(-1)?.answer();
    await clock.advance(ms);
    resolve();
    await clock.advance(0);
    asked.at(-1)?.answer();
    await invoked;
  };
  await invoke(second);
  expect(asked).toHaveLength(1);
  await invoke(second);
  expect(asked).toHaveLength(1);
  await clock.advance(60 * second);
  expect(asked).toHaveLength(1);
  await invoke(second);
  expect(asked).toHaveLength(2);
  await invoke(15 * second);
  expect(asked).toHaveLength(3);
});
