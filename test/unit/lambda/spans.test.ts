import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { trace } from '@opentelemetry/api';
import { BatchSpanProcessor, InMemorySpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Context, SQSEvent } from 'aws-lambda';
import { Hono } from 'hono';
import type { LambdaEvent } from 'hono/aws-lambda';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readPools } from '../../../lib/config/pools.ts';
import { functionUrlHandler } from '../../../lib/lambda/function-url.ts';
import { createExecute } from '../../../lib/lambda/index.ts';
import { startLocal } from '../../../lib/local/index.ts';
import * as tasks from '../../local/fixtures/tasks.ts';

/* Lambda freezes an environment once it has answered: by then the spans have been sent, though they go in batches. */

const exporter = new InMemorySpanExporter();
beforeEach(() => {
  exporter.reset();
  trace.setGlobalTracerProvider(
    new TracerProvider({ spanProcessors: [new BatchSpanProcessor({ exporter })] }),
  );
});
afterEach(() => trace.disable());

const sent = () => exporter.getFinishedSpans().map(({ name }) => name);

it('the API has sent its spans when it answers', async () => {
  const app = new Hono().get('/traced', (c) => {
    trace.getTracer('test').startSpan('request').end();
    return c.text('done');
  });
  const event = {
    version: '2.0',
    rawPath: '/traced',
    rawQueryString: '',
    headers: {},
    requestContext: { http: { method: 'GET', path: '/traced' }, domainName: 'a.on.aws' },
    isBase64Encoded: false,
    body: null,
  } as unknown as LambdaEvent;
  expect(await functionUrlHandler(app)(event)).toMatchObject({ statusCode: 200, body: 'done' });
  expect(sent()).toEqual(['request']);
});

it('the executor has sent those of its attempts', async () => {
  await using runtime = await startLocal({ tasks, port: 0, workers: 0 });
  const run = await runtime.client.submit(tasks.echo, 'hello');
  const { AWS_ENDPOINT_URL_SQS: endpoint = '', AWS_REGION: region = '' } = runtime.env;
  const sqs = new SQSClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  });
  const QueueUrl = readPools(runtime.env).default?.lanes.normal ?? '';
  const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  sqs.destroy();
  const record = {
    messageId: message?.MessageId,
    receiptHandle: message?.ReceiptHandle,
    body: message?.Body,
    eventSourceARN: `arn:aws:sqs:${region}:000000000000:${QueueUrl.split('/').at(-1)}`,
  };
  const env = { ...runtime.env, HOLDFAST_LOG_LEVEL: 'silent', AWS_LAMBDA_RUNTIME_API: '127.0.0.1:1' };
  await using execute = createExecute({ tasks, env });
  const lambda = { getRemainingTimeInMillis: () => 60_000 } as Context;
  const settled = await execute({ Records: [record] } as unknown as SQSEvent, lambda);
  expect(settled).toEqual({ batchItemFailures: [] });
  expect(await runtime.client.result(run)).toBe('hello');
  expect(sent()).toContain('process echo');
  expect(await runtime.client.workers()).toMatchObject([{ kind: 'lambda', status: 'healthy' }]);
});
