import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { webhookSecrets } from '../../../lib/compose/webhook-secrets.ts';
import { checkRanges } from '../../../lib/config/delivery.ts';
import { VirtualClock } from '../../../lib/testing/virtual-clock.ts';

const secretOf = (byte: number) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`;
const clock = new VirtualClock();

describe('secrets from the environment', () => {
  const from = (value: string) => webhookSecrets({ HOLDFAST_WEBHOOK_SECRETS: value }, clock);

  it('are one or several', async () => {
    expect(await from('')()).toEqual([]);
    expect(await from(` ${secretOf(1)}  ${secretOf(2)}\n`)()).toEqual([secretOf(1), secretOf(2)]);
  });

  it.each([
    ['no secret', 'canary'],
    ['one without its prefix', Buffer.alloc(24, 1).toString('base64')],
    ['a short one', `whsec_${Buffer.alloc(8, 1).toString('base64')}`],
    ['four', [1, 2, 3, 4].map(secretOf).join(' ')],
  ])('are refused without being shown: %s', (_, value) => {
    expect(() => from(value)).toThrow(
      expect.objectContaining({ code: 'InvalidSetting', field: 'HOLDFAST_WEBHOOK_SECRETS' }),
    );
    expect(() => from(value)).not.toThrow(value);
  });
});

describe('secrets in AWS Secrets Manager', () => {
  let server: Server;
  let asked: unknown[];
  let answer: { status: number; body: unknown };

  beforeEach(async () => {
    asked = [];
    server = createServer(async (request, response) => {
      asked.push(JSON.parse(await text(request)));
      response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(answer.body));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterEach(() => void server.close());

  const secrets = () =>
    webhookSecrets(
      {
        HOLDFAST_WEBHOOK_SECRET_ARN: 'arn:hooks',
        AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      },
      clock,
    );

  it('are read once in five minutes', async () => {
    answer = { status: 200, body: { SecretString: secretOf(1) } };
    const read = secrets();
    expect(asked).toEqual([]);
    expect(await Promise.all([read(), read()])).toEqual([[secretOf(1)], [secretOf(1)]]);
    answer = { status: 200, body: { SecretString: `${secretOf(1)} ${secretOf(2)}` } };
    await clock.advance(299_999);
    expect(await read()).toEqual([secretOf(1)]);
    expect(asked).toEqual([{ SecretId: 'arn:hooks' }]);
    await clock.advance(1);
    expect(await read()).toEqual([secretOf(1), secretOf(2)]);
  });

  it('are asked for again after a refusal', async () => {
    answer = { status: 400, body: { __type: 'AccessDeniedException', message: 'no' } };
    const read = secrets();
    await expect(read()).rejects.toThrow();
    answer = { status: 200, body: { SecretString: 'canary' } };
    await expect(read()).rejects.toMatchObject({
      code: 'InvalidSetting',
      message: expect.not.stringContaining('canary'),
    });
    answer = { status: 200, body: { SecretString: secretOf(3) } };
    expect(await read()).toEqual([secretOf(3)]);
  });
});

describe('addresses that are allowed besides', () => {
  it('are addresses and ranges', () => {
    expect(() => checkRanges(['10.0.0.0/8', '127.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0'])).not.toThrow();
  });

  it.each(['10.0.0.0/33', '::/129', '10.0.0/8', '300.0.0.1', '10.0.0.0/8/8', 'abc'])(
    'but not %s',
    (range) => {
      expect(() => checkRanges(['127.0.0.1', range])).toThrow(
        expect.objectContaining({ code: 'InvalidSetting', field: 'HOLDFAST_WEBHOOK_ALLOW' }),
      );
    },
  );
});
