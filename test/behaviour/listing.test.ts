import { createHttpClient, defineTask, type HttpClient, NonRetryableError } from 'holdfast';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

/* Listings through real HTTP and a real table. */

const half = defineTask({
  name: 'half',
  input: z.int(),
  run: (n) => {
    if (n % 2 === 1) throw new NonRetryableError('odd');
    return n / 2;
  },
});
const later = defineTask({ name: 'later', input: z.int(), run: (n) => n });

const count = 240;
let runtime: LocalRuntime;
let http: HttpClient;
let begun = 0;

beforeAll(async () => {
  runtime = await startLocal({
    tasks: { half, later },
    port: 0,
    // Nobody else is to query while it is counted.
    settings: { discoveryPeriod: '1h', heartbeat: '10m' },
  });
  http = createHttpClient({ url: runtime.url });
  begun = Date.now();
  const runs = await pMap(
    Array.from({ length: count }, (_, n) => n),
    (n) => runtime.client.submit(half, n),
    { concurrency: 16 },
  );
  await pMap(runs, (run) => runtime.client.wait(run, { timeout: '30s' }), { concurrency: 16 });
});
afterAll(() => runtime.close());

async function all(query: NonNullable<Parameters<HttpClient['list']>[0]>) {
  const runs = [];
  let cursor: string | undefined;
  do {
    const page = await http.list({ limit: 37, ...query, ...(cursor !== undefined && { cursor }) });
    expect(page.runs.length).toBeLessThanOrEqual(37);
    runs.push(...page.runs);
    cursor = page.cursor;
  } while (cursor !== undefined);
  return runs;
}

const endOf = (run: object): string => ('endedAt' in run ? String(run.endedAt) : '');

describe('GET /runs', () => {
  it('gives each run once, in order of its end, whichever way', async () => {
    const latest = await all({ status: 'succeeded' });
    expect(latest).toHaveLength(count / 2);
    expect(new Set(latest.map(({ id }) => id)).size).toBe(count / 2);
    const ends = latest.map(endOf);
    expect(ends).toEqual([...ends].sort().reverse());
    const earliest = await all({ status: 'succeeded', sort: 'earliest' });
    expect(earliest.map(endOf)).toEqual([...ends].reverse());
    expect(await all({ status: 'failed', name: 'half' })).toHaveLength(count / 2);
    expect(await all({ status: 'failed', name: 'later' })).toEqual([]);
  });

  it('reads no more of the table than lies between two times', async () => {
    const ends = (await all({ status: 'succeeded', sort: 'earliest' })).map(endOf);
    const [since = '', until = ''] = [ends[40], ends[60]];
    for (const sort of ['latest', 'earliest'] as const) {
      const before = runtime.requestCounts()['dynamodb:Query'] ?? 0;
      const runs = await all({ status: 'succeeded', since, until, sort });
      expect(runs.map(endOf).sort()).toEqual(ends.filter((end) => end >= since && end <= until));
      // A page is short of its limit here: a query of each shard says so.
      expect((runtime.requestCounts()['dynamodb:Query'] ?? 0) - before).toBe(16);
    }
    expect(await all({ since: until, until: since })).toEqual([]);
    expect(await all({ until: new Date(begun - 1).toISOString() })).toEqual([]);
  });

  it('keeps tenants apart', async () => {
    const run = await runtime.client.submit(later, 1, { tenant: 'acme', delay: '1d' });
    expect((await http.list({ tenant: 'acme' })).runs).toMatchObject([{ id: run.id, status: 'ready' }]);
    expect(await all({ name: 'later' })).toEqual([]);
  });

  it('finds what is paused', async () => {
    const run = await runtime.client.submit(later, 2, { delay: '1d' });
    await http.pause(run);
    expect((await http.list({ status: 'paused' })).runs).toMatchObject([{ id: run.id }]);
    await http.resume(run);
    expect((await http.list({ status: 'paused' })).runs).toEqual([]);
  });

  it.each([
    ['since=soon', 'since'],
    ['until=2030-13-01', 'until'],
    ['sort=up', 'sort'],
    ['limit=1000', 'limit'],
    ['cursor=x', 'cursor'],
    ['status=lost', 'status'],
    ['order=up', 'order'],
  ])('refuses %s', async (query, field) => {
    const response = await fetch(`${runtime.url}/runs?${query}`);
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'InvalidArgument', field }]);
  });
});

describe('what there is besides runs', () => {
  it('is shown: queues with what waits in them, definitions, workers', async () => {
    expect(await http.queues()).toEqual([
      {
        pool: 'default',
        tags: [],
        lanes: ['normal'],
        waiting: expect.any(Number),
        inFlight: expect.any(Number),
        delayed: expect.any(Number),
        deadLetters: 0,
      },
    ]);
    expect(await runtime.client.queues()).toHaveLength(1);
    expect(await http.redrive('default')).toEqual({ pool: 'default', messages: 0 });
    for (const client of [http, runtime.client])
      await expect(client.redrive('no such pool')).rejects.toMatchObject({ code: 'NotFound', field: 'pool' });
    const definitions = await http.definitions();
    expect(definitions).toMatchObject([
      { name: 'half', kind: 'task' },
      { name: 'later', kind: 'task' },
    ]);
    expect(await runtime.client.definitions()).toEqual(definitions);
    // An executor says that it is there while it has something to do.
    await http.result(await http.submit(half, 2));
    expect(await http.workers()).toMatchObject([{ pool: 'default', status: 'healthy' }]);
  });
});
