import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Context, SQSEvent } from 'aws-lambda';
import { expect, it } from 'vitest';
import { readPools } from '../../../lib/config/pools.ts';
import { createExecute } from '../../../lib/lambda/index.ts';
import { startLocal } from '../../../lib/local/index.ts';
import { Worker } from '../../../lib/worker/index.ts';
import * as tasks from '../../local/fixtures/tasks.ts';

const once = { writes: 3, tableUnits: 3, indexUnits: 3, reads: 0 };

it('a function’s messages share its invocation, its time and the requests that bring and delete them', async () => {
  await using runtime = await startLocal({ tasks, port: 0, workers: 0 });
  const runs = [
    await runtime.client.submit(tasks.echo, 'one'),
    await runtime.client.submit(tasks.echo, 'two'),
  ];
  const { AWS_ENDPOINT_URL_SQS: endpoint = '', AWS_REGION: region = '' } = runtime.env;
  const sqs = new SQSClient({ endpoint, region, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });
  const QueueUrl = readPools(runtime.env).default?.lanes.normal ?? '';
  const { Messages: messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
  );
  sqs.destroy();
  expect(messages).toHaveLength(2);
  const records = messages.map(({ Body, MessageId, ReceiptHandle }) => ({
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    eventSourceARN: `arn:aws:sqs:${region}:000000000000:${QueueUrl.split('/').at(-1)}`,
  }));
  const env = { ...runtime.env, HOLDFAST_LOG_LEVEL: 'silent', AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512' };
  await using execute = createExecute({ tasks, env });
  const lambda = { getRemainingTimeInMillis: () => 60_000 } as Context;
  const started = performance.now();
  await execute({ Records: records } as unknown as SQSEvent, lambda);
  const seconds = (performance.now() - started) / 1_000;
  const costs = await Promise.all(runs.map((run) => runtime.client.cost(run)));
  for (const { usage } of costs)
    expect(usage).toMatchObject({ ...once, sqsRequests: 1 + 2 / 2, lambdaRequests: 1 / 2 });
  const times = costs.map(({ usage }) => usage.armGigabyteSeconds + usage.x86GigabyteSeconds);
  expect(Math.min(...times)).toBeGreaterThan(0);
  // Shares of one time: all of them together cannot be more.
  expect(times.reduce((a, b) => a + b, 0)).toBeLessThanOrEqual(seconds * 0.5);
});

it.each([
  { handover: 'off', sqsRequests: 3 },
  // None is sent; the submission has told of the one that it foresaw.
  { handover: 'on', sqsRequests: 1 },
] as const)(
  'a worker’s messages pay for no function, handover $handover',
  async ({ handover, sqsRequests }) => {
    await using runtime = await startLocal({ tasks, port: 0, workers: 0 });
    const env = { ...runtime.env, HOLDFAST_LOG_LEVEL: 'silent' };
    await using worker = new Worker(tasks, { env, settings: { handover } }).spawn();
    await worker.ready;
    const run = await runtime.client.submit(tasks.echo, 'one');
    await runtime.client.wait(run, { timeout: '30s' });
    const { usage } = await runtime.client.cost(run);
    expect(usage).toMatchObject({ ...once, sqsRequests, lambdaRequests: 0 });
    expect(usage.armGigabyteSeconds + usage.x86GigabyteSeconds).toBe(0);
  },
);
