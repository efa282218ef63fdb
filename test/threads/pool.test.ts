import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { build } from 'esbuild';
import { afterEach, describe, expect, it } from 'vitest';
import { closePool, configurePool, getPool, moduleExport, spawn, spawnAll } from '../../lib/threads/index.ts';
import type { whereabouts } from './fixtures/work.ts';

const run = promisify(execFile);

afterEach(closePool);

describe('the pool', () => {
  it('has as many threads as there are cores, one instance, and starts them when they are needed', async () => {
    configurePool({});
    expect(getPool()).toBe(getPool());
    expect(getPool()).toMatchObject({ size: availableParallelism(), threads: 0, active: 0 });
    const working = spawn(() => 1, []);
    expect(getPool().active).toBe(1);
    await working;
    expect(getPool()).toMatchObject({ threads: 1, active: 0 });
  });

  it('is configured before its first use only', async () => {
    configurePool({ maxWorkers: 1 });
    await spawn(() => 1, []);
    expect(() => configurePool({ maxWorkers: 2 })).toThrow(expect.objectContaining({ code: 'PoolInUse' }));
    expect(getPool().size).toBe(1);
    await closePool();
    configurePool({ maxWorkers: 2 });
    expect(getPool().size).toBe(2);
  });

  it.each([0, -1, 1.5, Number.NaN, 100_000])('refuses %d threads', (maxWorkers) => {
    expect(() => configurePool({ maxWorkers })).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
  });

  it('names its threads', async () => {
    configurePool({ maxWorkers: 2 });
    const module = new URL('./fixtures/work.ts', import.meta.url);
    const where = await spawn(moduleExport<typeof whereabouts>(module, 'whereabouts'), []);
    expect(where.threadName).toBe('holdfast-1');
  });

  it('replaces a thread that was ended, before there is work for it', async () => {
    configurePool({ maxWorkers: 2 });
    const started: Worker[] = [];
    const count = (worker: Worker) => started.push(worker);
    process.on('worker', count);
    const busy = spawn(() => {
      for (;;);
    }, []);
    const ended = expect(busy).rejects.toThrow('was cancelled');
    await expect.poll(() => started.length, { timeout: 20_000 }).toBe(1);
    busy.cancel();
    await ended;
    await expect.poll(() => started.length, { timeout: 20_000 }).toBe(2);
    expect(getPool().threads).toBe(1);
    process.off('worker', count);
  });

  it('starts no thread once it closes, whatever is cancelled meanwhile', async () => {
    configurePool({ maxWorkers: 2 });
    const started: Worker[] = [];
    const count = (worker: Worker) => started.push(worker);
    process.on('worker', count);
    const forever = () => {
      for (;;);
    };
    const calls = [spawn(forever, []), spawn(forever, [])];
    const ended = Promise.allSettled(calls);
    await expect.poll(() => started.length, { timeout: 20_000 }).toBe(2);
    const pool = getPool();
    calls[0]?.cancel();
    const closing = closePool();
    calls[1]?.cancel();
    await Promise.all([closing, ended]);
    await expect.poll(() => pool.threads, { timeout: 20_000 }).toBe(0);
    process.off('worker', count);
    expect(started).toHaveLength(2);
  });

  it('works side by side', async () => {
    configurePool({ maxWorkers: 2 });
    const meet = (gate: Int32Array) => {
      Atomics.add(gate, 0, 1);
      Atomics.notify(gate, 0);
      // Goes on only when the other one is there, too.
      while (Atomics.load(gate, 0) < 2) Atomics.wait(gate, 0, 1, 1_000);
      return 'met';
    };
    const gate = new Int32Array(new SharedArrayBuffer(4));
    expect(
      await spawnAll([
        [meet, [gate]],
        [meet, [gate]],
      ]),
    ).toEqual(['met', 'met']);
  });
});

describe('a program', () => {
  it('ends by itself when its threads are idle, bundled, too', { timeout: 60_000 }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'holdfast-threads-'));
    try {
      const entry = join(directory, 'main.ts');
      const source = new URL('../../lib/threads/', import.meta.url).pathname;
      await writeFile(
        entry,
        `import { spawn } from ${JSON.stringify(join(source, 'index.ts'))};
         console.log(await spawn((a: number, b: number) => a * b, [6, 7]));`,
      );
      await build({
        entryPoints: { main: entry, thread: join(source, 'thread.ts') },
        outdir: join(directory, 'out'),
        bundle: true,
        platform: 'node',
        format: 'esm',
        keepNames: true,
        banner: {
          js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
        },
        logLevel: 'silent',
      });
      await writeFile(join(directory, 'package.json'), '{ "type": "module" }');
      const { stdout } = await run(process.execPath, [join(directory, 'out', 'main.js')], {
        timeout: 30_000,
      });
      expect(stdout.trim()).toBe('42');
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});
