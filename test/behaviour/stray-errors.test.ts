import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import * as tasks from './tasks.ts';

let runtime: LocalRuntime;

beforeAll(async () => {
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./tasks.ts', import.meta.url)),
    port: 0,
    workers: 1,
    logLevel: 'silent',
  });
});
afterAll(() => runtime.close());

it.each(['rejection', 'timer'] as const)(
  'an error left to nobody (%s) fails its own task with its cause, and no neighbour in the process',
  async (how) => {
    const neighbours = await Promise.all(
      Array.from({ length: 4 }, () => runtime.client.submit(tasks.slow, { ms: 1_500 }, { maxAttempts: 1 })),
    );
    const run = await runtime.client.submit(tasks.stray, how);
    expect(await runtime.client.wait(run, { timeout: '15s' })).toMatchObject({
      status: 'failed',
      error: { type: 'TypeError', message: 'the real cause' },
    });
    const ended = await Promise.all(
      neighbours.map((neighbour) => runtime.client.wait(neighbour, { timeout: '15s' })),
    );
    expect(ended.map(({ status }) => status)).toEqual(Array(4).fill('succeeded'));
  },
);
