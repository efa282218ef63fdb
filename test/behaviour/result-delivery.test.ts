import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import type { ResultEvent } from '../../lib/result-delivery/event.ts';
import { startWebhookServer, type WebhookServer } from '../support/webhook-server.ts';

const secret = `whsec_${Buffer.from('a secret of more than 24 bytes').toString('base64')}`;
let directory: string;
let hooks: WebhookServer;
let runtime: LocalRuntime;
let sqs: SQSClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-webhooks-'));
  let isFirst = true;
  hooks = await startWebhookServer(({ url }, response) => {
    const isRefused = url === '/flaky' && isFirst;
    if (isRefused) isFirst = false;
    response.writeHead(isRefused ? 503 : 200).end();
  });
  const certificate = join(directory, 'ca.pem');
  await writeFile(certificate, hooks.certificate);
  vi.stubEnv('NODE_EXTRA_CA_CERTS', certificate);
  vi.stubEnv('HOLDFAST_WEBHOOK_SECRETS', secret);
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./result-delivery-tasks.ts', import.meta.url)),
    port: 0,
    workers: 1,
    settings: { discoveryPeriod: '500ms', webhooks: 'on', webhookAllow: ['127.0.0.1'] },
  });
  sqs = new SQSClient({
    endpoint: runtime.endpoints.sqs,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  sqs.destroy();
  await runtime.close();
  await hooks[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const post = async (path: string, body: unknown) => {
  const response = await fetch(`${runtime.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown> & { id: string },
  };
};

/** The next result in the queue, taken out of it. */
async function received() {
  const QueueUrl = runtime.endpoints.resultsQueueUrl;
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20, MessageAttributeNames: ['All'] }),
  );
  const [message] = Messages;
  if (!message?.Body) throw new Error('no result came');
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle }));
  const { id, type } = message.MessageAttributes ?? {};
  return { id: id?.StringValue, type: type?.StringValue, event: JSON.parse(message.Body) as ResultEvent };
}

const hookFor = (path: string) => () => hooks.requests.filter(({ url }) => url === path);
const patient = { timeout: 40_000, interval: 20 };

describe('a result, asked for over HTTP', () => {
  it('comes to the queue', async () => {
    const { body: run } = await post('/tasks', {
      task: 'total',
      input: [1, 2],
      deliverTo: [{ queue: 'results' }],
    });
    expect(await received()).toMatchObject({
      id: `${run.id}~to1`,
      type: 'run.succeeded',
      event: { type: 'run.succeeded', data: { id: run.id, name: 'total', output: 3 } },
    });
  });

  it('that is an error comes to the queue, too', async () => {
    const { body: run } = await post('/tasks', {
      task: 'total',
      input: [],
      deliverTo: [{ queue: 'results' }],
    });
    expect(await received()).toMatchObject({
      type: 'run.failed',
      event: { data: { id: run.id, status: 'failed', error: { message: 'nothing to add up' } } },
    });
  });

  it('comes to the webhook, signed', async () => {
    const { body: run } = await post('/runs', {
      workflow: 'total',
      input: [3, 4],
      deliverTo: [{ webhook: `${hooks.url}/hook` }],
    });
    await expect.poll(hookFor('/hook'), patient).toHaveLength(1);
    const [request] = hookFor('/hook')();
    const event = new Webhook(secret).verify(request?.body ?? '', request?.headers as never);
    expect(event).toMatchObject({ type: 'run.succeeded', data: { id: run.id, output: 7 } });
    expect(request?.headers['webhook-id']).toBe(`${run.id}~to1`);
  });

  it('comes again with the same id to one that answered with an error, and the log says so', async () => {
    const { body: run } = await post('/tasks', {
      task: 'total',
      input: [5],
      deliverTo: [{ webhook: `${hooks.url}/flaky` }],
    });
    await expect.poll(hookFor('/flaky'), patient).toHaveLength(2);
    const ids = hookFor('/flaky')().map(({ headers }) => headers['webhook-id']);
    expect(ids).toEqual([`${run.id}~to1`, `${run.id}~to1`]);
    const delivery = await runtime.client.wait(`${run.id}~to1`, { timeout: '30s' });
    expect(delivery).toMatchObject({ status: 'succeeded', attempt: 2, deliveryOf: run.id });
    const { attempts } = await runtime.client.attempts(delivery);
    expect(attempts[0]).toMatchObject({
      error: { code: 'WebhookFailed', message: 'The webhook answered 503' },
    });
  });

  it('is not sent where nobody may send to', async () => {
    const before = hooks.requests.length;
    const { body: run } = await post('/tasks', {
      task: 'total',
      input: [6],
      deliverTo: [{ webhook: hooks.url.replace('127.0.0.1', '127.0.0.2') }],
    });
    await runtime.client.wait(run.id, { timeout: '30s' });
    // It is begun right after the write that ends the run.
    const delivery = () => runtime.client.get(`${run.id}~to1`).catch((error) => error.code);
    await expect.poll(delivery, { timeout: 30_000 }).not.toBe('NotFound');
    expect(await runtime.client.wait(`${run.id}~to1`, { timeout: '30s' })).toMatchObject({
      status: 'failed',
      attempt: 1,
      error: { code: 'WebhookRefused' },
    });
    expect(hooks.requests).toHaveLength(before);
  });
});

describe('a bad target is a 400 that names it', () => {
  it.each([
    ['a string', ['results'], 'deliverTo.0'],
    ['plain http', [{ webhook: 'http://example.com' }], 'deliverTo.0.webhook'],
    ['a file', [{ webhook: 'file:///etc/passwd' }], 'deliverTo.0.webhook'],
    ['an unknown queue', [{ queue: 'nowhere' }], 'deliverTo.0.queue'],
    ['both', [{ queue: 'results', webhook: 'https://example.com' }], 'deliverTo.0'],
    ['five', Array.from({ length: 5 }, () => ({ queue: 'results' })), 'deliverTo'],
  ])('%s', async (_, deliverTo, field) => {
    const { body, status } = await post('/tasks', { task: 'total', input: [1], deliverTo });
    expect({ status, field: body.field }).toEqual({ status: 400, field });
  });
});

it('nobody delivers what never happened: the built-in task is none that can be submitted', async () => {
  const input = { id: 'x', target: { queue: 'results' }, event: { type: 'run.succeeded' } };
  const forged = await post('/tasks', { task: 'holdfast.deliver-result', input });
  expect(forged).toMatchObject({ status: 400, body: { code: 'UnknownTask' } });
});
