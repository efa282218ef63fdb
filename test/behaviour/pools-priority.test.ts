import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from 'holdfast';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type LocalOptions, type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { WorkerProcess, workerCommand } from '../support/worker-process.ts';
import * as tasks from './pools-tasks.ts';

/*
 * Priorities and aging, in two ways: by the only executor of the embedded runtime, and by a worker process that takes one
 * task at a time.
 */

const file = fileURLToPath(new URL('./pools-tasks.ts', import.meta.url));

// Processes start in here, on a machine that other suites keep busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });
const patience = { timeout: '60s' } as const;
const polling = { timeout: 90_000, interval: 20 };

const agingMs = 2_000;
const settings = { agingInterval: `${agingMs}ms`, discoveryPeriod: '500ms', maxParallel: 1 } as const;

type Lanes = NonNullable<NonNullable<LocalOptions['pools']>[string]['lanes']>;

interface Served {
  readonly runtime: LocalRuntime;
  readonly client: Client;
}

/** One task at a time in all; what has aged has an executor of its own. */
async function embedded(lanes: Lanes): Promise<Served> {
  const runtime = await startLocal({ tasks, port: 0, workers: 1, pools: { default: { lanes } }, settings });
  onTestFinished(() => runtime.close());
  return { runtime, client: runtime.client };
}

/** One task at a time, whatever its lane. */
async function withWorker(lanes: Lanes): Promise<Served> {
  const pools = { default: { lanes } };
  const runtime = await startLocal({ tasks: file, port: 0, workers: 0, pools, settings });
  onTestFinished(() => runtime.close());
  const worker = new WorkerProcess(workerCommand(file, '--max-parallel', '1'), runtime.env);
  await worker.says('holdfast worker ready');
  return { runtime, client: runtime.client };
}

async function scratch(): Promise<{ log: string; opened: string; begun: () => string[] }> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-priority-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const log = join(directory, 'log');
  const begun = () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []);
  return { log, opened: join(directory, 'opened'), begun };
}

/** When the table says that it began, and when it was submitted. */
async function times(client: Client, id: string): Promise<{ startedMs: number; createdMs: number }> {
  const { createdAt, startedAt = '' } = await client.get(id);
  return { startedMs: Date.parse(startedAt), createdMs: Date.parse(createdAt) };
}

/** So many urgent tasks wait at any time: more than there are executors for. */
const backlog = 30;

/**
 * Keeps urgent tasks coming, so that their lane never becomes empty, until `isOver` says so. Resolves to their ids once
 * all have ended.
 */
async function flood(
  client: Client,
  { begun, log }: { begun: () => string[]; log: string },
  isOver: (ids: readonly string[]) => Promise<boolean>,
): Promise<readonly string[]> {
  const ids: string[] = [];
  const refilled = async () => {
    const waiting = ids.length - begun().filter((label) => label === 'high').length;
    const input = { log, label: 'high', ms: 100 };
    const submit = () => client.submit(tasks.work, input, { priority: 'high' });
    const more = await Promise.all(Array.from({ length: Math.max(0, backlog - waiting) }, submit));
    ids.push(...more.map(({ id }) => id));
    return await isOver(ids);
  };
  await expect.poll(refilled, polling).toBe(true);
  for (const id of ids) await client.wait(id, patience);
  return ids;
}

/** Submitted once the flood is worked on: before that, whoever serves the lanes may just be waiting at the last of them. */
async function lowUnderFlood(
  client: Client,
  { begun, log }: { begun: () => string[]; log: string },
): Promise<string | undefined> {
  if (begun().length === 0) return undefined;
  return (await client.submit(tasks.watched, { log, label: 'low', ms: 5 }, { priority: 'low' })).id;
}

describe.each([
  ['an executor', embedded],
  ['a worker process', withWorker],
])('%s', (_, serve) => {
  test('takes what is high before what is normal, and that before what is low', async () => {
    const { client } = await serve(['high', 'normal', 'low']);
    const { begun, log, opened } = await scratch();
    const blocker = await client.submit(tasks.gate, { file: opened }, { priority: 'low' });
    await expect.poll(async () => (await client.get(blocker)).status, polling).toBe('running');
    const order = ['low', 'normal', 'high', 'low', 'normal', 'high', 'low', 'normal', 'high'] as const;
    const runs = [];
    for (const priority of order)
      runs.push(await client.submit(tasks.work, { log, label: priority, ms: 5 }, { priority }));
    writeFileSync(opened, '');
    for (const run of runs) await client.wait(run, patience);
    expect(begun()).toEqual(['high', 'normal', 'low'].flatMap((priority) => Array(3).fill(priority)));
  });

  test('begins what is low under a flood of what is high, once it has aged', async () => {
    const { client } = await serve(['high', 'low', 'aged']);
    const own = await scratch();
    let low: string | undefined;
    const highs = await flood(client, own, async () => {
      low ??= await lowUnderFlood(client, own);
      return own.begun().includes('low');
    });
    const { createdMs, startedMs } = await times(client, low ?? '');
    expect(startedMs).toBeGreaterThanOrEqual(createdMs + agingMs);
    const all = await Promise.all(highs.map((id) => times(client, id)));
    // Its lane was never empty: others were there before it, and had to wait for longer.
    const overtaken = all.filter((high) => high.createdMs < startedMs && high.startedMs > startedMs);
    expect(overtaken.length).toBeGreaterThan(0);
    // Which is what priority is for, until then.
    expect(all.filter((high) => high.startedMs > createdMs && high.startedMs < startedMs)).not.toEqual([]);
  });

  test('without a lane for what has aged, leaves what is low until the flood is over', async () => {
    const { client } = await serve(['high', 'low']);
    const own = await scratch();
    let low: string | undefined;
    const highs = await flood(client, own, async (ids) => {
      low ??= await lowUnderFlood(client, own);
      if (low === undefined) return false;
      const { createdAt } = await client.get(low);
      const begun = own.begun().length;
      // Until one has begun that came long after it had aged and was looked at again.
      const latest = ids[begun - backlog];
      if (latest === undefined) return false;
      const { createdMs } = await times(client, latest);
      return createdMs > Date.parse(createdAt) + 4 * agingMs;
    });
    await client.wait(low ?? '', patience);
    const { startedMs } = await times(client, low ?? '');
    const all = await Promise.all(highs.map((id) => times(client, id)));
    expect(Math.max(...all.map((high) => high.startedMs))).toBeLessThanOrEqual(startedMs);
    expect(own.begun().at(-1)).toBe('low');
  });
});
