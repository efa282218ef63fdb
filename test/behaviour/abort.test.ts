import { fileURLToPath } from 'node:url';
import { Hono } from 'hono';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { createHttpClient } from '../../lib/index.ts';
import { type ApiServer, serveApi } from '../../lib/local/api-server.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import * as tasks from './abort-tasks.ts';

let runtime: LocalRuntime;
let listener: ApiServer;
let begun: PromiseWithResolvers<unknown>;
let goOn: PromiseWithResolvers<void>;
let aborted: PromiseWithResolvers<unknown>;

// A process starts, a lease is renewed and an attempt times out in here, on a machine that other suites keep busy.
vi.setConfig({ testTimeout: 60_000 });

beforeAll(async () => {
  const app = new Hono()
    .post('/begun', async (c) => {
      begun.resolve(undefined);
      await goOn.promise;
      return c.json({});
    })
    .post('/aborted', async (c) => {
      aborted.resolve(await c.req.json());
      return c.json({});
    });
  listener = await serveApi(app, 0);
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./abort-tasks.ts', import.meta.url)),
    port: 0,
    workers: 1,
    // What an aborted handler tells is waited for.
    settings: { abortGrace: '1m' },
  });
});
afterAll(async () => {
  await runtime.close();
  await listener.close(AbortSignal.timeout(1_000));
});
beforeEach(() => {
  begun = Promise.withResolvers();
  goOn = Promise.withResolvers();
  aborted = Promise.withResolvers();
});

/** Cancels by the API what has begun, then lets the handler go on, and waits for the end. */
async function cancelled(task: typeof tasks.burn | typeof tasks.heed) {
  const http = createHttpClient({ url: runtime.url });
  const run = await http.submit(task, listener.url);
  await begun.promise;
  await http.cancel(run, { mode: 'abort', reason: 'no longer wanted', by: 'a test' });
  goOn.resolve();
  return await http.wait(run, { timeout: '40s' });
}
const byTest = { mode: 'abort', reason: 'no longer wanted', by: 'a test' };

it('a cancel in abort mode ends a busy loop on a thread of an executor, and the handler sees why', async () => {
  expect(await cancelled(tasks.burn)).toMatchObject({ status: 'cancelled', attempt: 1, cancel: byTest });
  expect(await aborted.promise).toEqual({
    reason: { code: 'Cancelled', message: 'The run was cancelled: no longer wanted' },
    thrown: {
      name: 'CancellationError',
      message: 'loopForEver was cancelled: The run was cancelled: no longer wanted',
    },
    next: 'ran',
  });
});

it('a timeout ends a busy loop on a thread, and it is the timeout that the attempt failed of', async () => {
  goOn.resolve();
  const run = await runtime.client.submit(tasks.burnBriefly, listener.url);
  const message = 'The attempt exceeded its timeout of 3000 ms';
  expect(await runtime.client.wait(run, { timeout: '40s' })).toMatchObject({
    status: 'failed',
    error: { code: 'TimedOut', message, attempt: 1 },
  });
  await begun.promise;
  expect(await aborted.promise).toEqual({
    reason: { code: 'TimedOut', message },
    thrown: { name: 'CancellationError', message: `loopForEver was cancelled: ${message}` },
    next: 'ran',
  });
});

it('a cancel reaches a running handler within one renewal', async () => {
  expect(await cancelled(tasks.heed)).toMatchObject({ status: 'cancelled', attempt: 1, cancel: byTest });
  const told = await aborted.promise;
  expect(told).toMatchObject({ reason: { code: 'Cancelled' }, abortedEarly: false });
  // None, where the renewal that showed it was sent before the handler heard that the cancel was written.
  expect([0, 1]).toContain((told as { renewals: number }).renewals);
});
