import type { SQSRecord } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { directClient } from '../../lib/client/direct-client.ts';
import { createDeadLetter } from '../../lib/lambda/index.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { messageBody } from '../../lib/sqs/message-body.ts';
import { deafQueue, Workbench } from '../support/workbench.ts';
import * as tasks from './tasks.ts';

let runtime: LocalRuntime;
const lines: Record<string, unknown>[] = [];

beforeAll(async () => {
  runtime = await startLocal({ tasks, port: 0, settings: { discoveryPeriod: '1h' } });
});
afterAll(() => runtime.close());
afterEach(() => {
  vi.restoreAllMocks();
  lines.length = 0;
});

const record = (messageId: string, body: string) =>
  ({ messageId, body, attributes: { ApproximateReceiveCount: '11' } }) as SQSRecord;

function handler(env = runtime.env) {
  for (const stream of [process.stderr, process.stdout]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      for (const line of String(text).split('\n')) if (line.startsWith('{')) lines.push(JSON.parse(line));
      return true;
    });
  }
  return createDeadLetter({ env: { ...env, HOLDFAST_LOG_LEVEL: 'info' } });
}

it("shows each dead letter with its run's state, lets doorbells go, and leaves the run as it is", async () => {
  const bench = new Workbench(runtime.env, tasks);
  const run = await directClient({ ...bench.clientPorts, queue: deafQueue }).submit(
    tasks.echo,
    'secret-canary',
  );
  const message = bench.message(run);
  const response = await handler()({
    Records: [
      record('known', messageBody(message)),
      record('missing', messageBody({ ...message, run: 'gone' as never })),
      record('foreign', '{"password": "secret-canary"}'),
    ],
  });
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'foreign' }] });
  expect(lines).toMatchObject([
    { message: 'dead letter', run: run.id, state: 'active', receives: 11 },
    { message: 'dead letter', run: 'gone', state: 'missing' },
    { message: expect.stringContaining('it stays'), messageId: 'foreign' },
  ]);
  expect(JSON.stringify(lines)).not.toContain('secret-canary');
  expect(await runtime.client.get(run)).toMatchObject({ status: 'ready', attempt: 0 });
});

it('keeps what it cannot look up', async () => {
  const bench = new Workbench(runtime.env, tasks);
  const message = bench.message({ id: 'any', hash: 'h' });
  const response = await handler({ ...runtime.env, HOLDFAST_TABLE: 'elsewhere' })({
    Records: [record('known', messageBody(message))],
  });
  expect(response).toEqual({ batchItemFailures: [{ itemIdentifier: 'known' }] });
  expect(lines).toMatchObject([{ message: expect.stringContaining('it comes back') }]);
});
