import { defineTask } from 'holdfast';
import { createApi } from 'holdfast/lambda';
import type { LambdaEvent } from 'hono/aws-lambda';
import { expect, it } from 'vitest';
import * as z from 'zod';

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
const env = {
  AWS_REGION: 'us-east-1',
  HOLDFAST_TABLE: 'table',
  HOLDFAST_POOLS: '{"default":{"lanes":{"normal":"http://127.0.0.1:9/queue"}}}',
};
const event = (claims: Record<string, string> | undefined, headers: Record<string, string> = {}) =>
  ({
    version: '2.0',
    routeKey: '$default',
    rawPath: '/health',
    rawQueryString: '',
    headers,
    requestContext: {
      http: { method: 'GET', path: '/health' },
      domainName: 'a.execute-api.us-east-1.amazonaws.com',
      ...(claims && { authorizer: { jwt: { claims, scopes: null } } }),
    },
    isBase64Encoded: false,
  }) as unknown as LambdaEvent;

it('takes the tenant from the verified token where the environment names its claim', async () => {
  const { bufferedHandler } = createApi({
    tasks: { echo },
    env: { ...env, HOLDFAST_TENANT_CLAIM: 'tenant' },
  });
  const status = async (...given: Parameters<typeof event>) =>
    ((await bufferedHandler(event(...given))) as { statusCode: number }).statusCode;
  expect(await status({ tenant: 'b' })).toBe(200);
  expect(await status({ tenant: 'b' }, { 'x-holdfast-tenant': 'b' })).toBe(200);
  expect(await status({ tenant: 'b' }, { 'x-holdfast-tenant': 'a' })).toBe(403);
  expect(await status({ sub: 'ann' })).toBe(403);
  expect(await status(undefined, { 'x-holdfast-tenant': 'b' })).toBe(403);
});

it('asks nobody for a token elsewhere', async () => {
  const { bufferedHandler } = createApi({ tasks: { echo }, env });
  expect(await bufferedHandler(event(undefined))).toMatchObject({ statusCode: 200 });
});
