import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/compose/system.ts';
import type { Finding } from '../../lib/doctor/finding.ts';
import { createTableInput } from '../../lib/dynamodb/create-table.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { lifetimePrefix, lifetimesInDays } from '../../lib/payload/lifetimes.ts';
import { deadUrl } from '../api/start-app.ts';
import { startLyingServer } from '../support/lying-server.ts';
import * as tasks from './tasks.ts';

/* The command against the embedded runtime, and against what is wrong in one place each. */

let runtime: LocalRuntime;
let dynamodb: DynamoDBClient;
let sqs: SQSClient;

beforeAll(async () => {
  runtime = await startLocal({ tasks, port: 0, settings: { discoveryPeriod: '1h' } });
  const config = { region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  dynamodb = new DynamoDBClient({ ...config, endpoint: runtime.endpoints.dynamodb });
  sqs = new SQSClient({ ...config, endpoint: runtime.endpoints.sqs, useQueueUrlAsEndpoint: false });
});
afterAll(async () => {
  dynamodb.destroy();
  sqs.destroy();
  await runtime.close();
});

async function holdfast(args: readonly string[], env: Record<string, string | undefined>, file = '') {
  const said = { out: '', err: '' };
  const code = await runCli(['doctor', ...args], {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    env,
    color: { out: false, err: false },
    clock: systemClock,
    readStdin: async () => '',
    readFile: async () => file,
  });
  return { code, ...said };
}

/** What is found with these variables instead of the runtime's own. */
async function diagnosed(over: Record<string, string | undefined>, args: readonly string[] = []) {
  const { code, out } = await holdfast(['--json', ...args], { ...runtime.env, ...over });
  const { findings } = JSON.parse(out) as { findings: readonly Finding[] };
  const of = (check: string) => findings.filter((finding) => finding.check === check);
  return { code, of };
}

const poolsWith = (lanes: Record<string, string>) => ({
  HOLDFAST_POOLS: JSON.stringify({ default: { lanes } }),
});

it('finds nothing wrong with the embedded runtime but that nothing expires', async () => {
  const { code, err, out } = await holdfast([], runtime.env);
  expect([code, err]).toEqual([0, '']);
  const lines = out.trimEnd().split('\n');
  const checks = ['versions', 'settings', 'credentials', 'table', 'index', 'expiry', 'runs', 'clock'];
  const expected = [...checks, 'queue default', 'dead letters', 'bucket', 'bucket expiry', 'api'].map(
    (check) => {
      const status = check.endsWith('expiry') ? 'warn' : 'ok';
      return expect.stringMatching(new RegExp(`^${status} +${check} +\\S`));
    },
  );
  expect(lines).toEqual(expected);
});

it('takes its variables from a file, before those around it', async () => {
  const file = Object.entries(runtime.env).map(([name, value]) => `${name}='${value}'\n`);
  const { code } = await holdfast(['--env', 'stack.env'], { HOLDFAST_TABLE: 'another' }, file.join(''));
  expect(code).toBe(0);
});

it('checks a tasks file, its leases against the queue and what the API knows of it', async () => {
  const file = new URL('./tasks.ts', import.meta.url).pathname;
  const fine = await diagnosed({}, ['--tasks', file]);
  expect([fine.code, fine.of('tasks')]).toMatchObject([0, [{ status: 'ok' }]]);
  expect(fine.of('api')).toMatchObject([{ status: 'ok' }]);
  const other = await diagnosed({}, [
    '--tasks',
    new URL('../../examples/order.ts', import.meta.url).pathname,
  ]);
  expect(other.of('api')).toMatchObject([{ status: 'warn', message: expect.stringContaining('order') }]);
  const long = await diagnosed({}, ['--tasks', file, '--function-timeout', '1s']);
  expect(long.of('tasks')[0]).toMatchObject({
    status: 'warn',
    message: expect.stringContaining('its function 1 s'),
  });
  const missing = await diagnosed({}, ['--tasks', 'nowhere.ts']);
  expect([missing.code, missing.of('tasks')]).toMatchObject([1, [{ status: 'fail' }]]);
});

it('names a table that is not there, or is another', async () => {
  const missing = await diagnosed({ HOLDFAST_TABLE: 'missing' });
  expect([missing.code, missing.of('table')]).toMatchObject([
    1,
    [
      {
        status: 'fail',
        message: expect.stringContaining('The table missing'),
        fix: expect.stringContaining('Deploy'),
      },
    ],
  ]);
  expect(missing.of('queue default')).toMatchObject([{ status: 'ok' }]);
  await create({
    TableName: 'foreign',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  });
  const foreign = await diagnosed({ HOLDFAST_TABLE: 'foreign' });
  expect([foreign.code, foreign.of('table')]).toMatchObject([
    1,
    [{ status: 'fail', message: expect.stringContaining('has the keys id S, not pk S, sk S') }],
  ]);
});

it('names an index that is not there', async () => {
  const { AttributeDefinitions, GlobalSecondaryIndexes: _, ...table } = createTableInput('unindexed');
  await create({ ...table, AttributeDefinitions: AttributeDefinitions?.slice(0, 2) });
  const { code, of } = await diagnosed({ HOLDFAST_TABLE: 'unindexed' });
  expect([code, of('index')]).toMatchObject([
    1,
    [{ status: 'fail', message: expect.stringContaining('byState') }],
  ]);
  expect(of('runs')).toEqual([]);
});

it('names active runs that it cannot read', async () => {
  await create(createTableInput('newer'));
  const item = { pk: { S: 'RUN#-#r1' }, sk: { S: 'RUN' }, statePk: { S: 'active#0' }, stateAt: { N: '1' } };
  await dynamodb.send(new PutItemCommand({ TableName: 'newer', Item: { ...item, v: { N: '99' } } }));
  const newer = await diagnosed({ HOLDFAST_TABLE: 'newer' });
  expect([newer.code, newer.of('runs')]).toMatchObject([
    0,
    [{ status: 'warn', message: expect.stringContaining('a newer version (schema 99), such as r1') }],
  ]);
  await dynamodb.send(new PutItemCommand({ TableName: 'newer', Item: { ...item, v: { N: '1' } } }));
  const damaged = await diagnosed({ HOLDFAST_TABLE: 'newer' });
  expect([damaged.code, damaged.of('runs')]).toMatchObject([
    1,
    [{ status: 'fail', message: expect.stringContaining('The item of run r1 is damaged') }],
  ]);
});

it('names queues that are not there, or do not suit', async () => {
  const missing = await diagnosed(poolsWith({ normal: `${runtime.endpoints.queueUrl}-not` }));
  expect([missing.code, missing.of('queue default')]).toMatchObject([
    1,
    [{ status: 'fail', message: expect.stringContaining('is not there') }],
  ]);
  const Attributes = { VisibilityTimeout: '5', DelaySeconds: '3' };
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'hasty', Attributes }));
  const hasty = new URL(new URL(QueueUrl).pathname, runtime.endpoints.sqs).href;
  const lanes = poolsWith({ normal: runtime.endpoints.queueUrl, high: hasty });
  const { code, of } = await diagnosed(lanes, ['--function-timeout', '15m']);
  expect([code, of('queue default/normal')]).toMatchObject([1, [{ status: 'ok' }]]);
  expect(of('queue default/high').map(({ message, status }) => `${status} ${message}`)).toEqual([
    expect.stringContaining('fail A message is visible again after 5 s; the function takes up to 900 s'),
    expect.stringContaining('warn A message is visible again after 5 s, before the first renewal'),
    expect.stringContaining('warn It has no dead-letter queue'),
    expect.stringContaining('warn It keeps each message back for 3 s'),
  ]);
});

it('says that the clock is off, by the dates of the table', async () => {
  await using server = await startLyingServer(runtime.endpoints.dynamodb);
  server.lieMs = 60_000;
  const off = await diagnosed({ AWS_ENDPOINT_URL_DYNAMODB: server.url });
  expect([off.code, off.of('clock')]).toMatchObject([
    1,
    [
      {
        status: 'fail',
        message: expect.stringMatching(/^(59|60)\.\d s behind .* claims nothing beyond 2\.0 s$/),
      },
    ],
  ]);
  server.lieMs = undefined;
  const silent = await diagnosed({ AWS_ENDPOINT_URL_DYNAMODB: server.url });
  expect([silent.code, silent.of('clock')]).toMatchObject([0, [{ status: 'warn' }]]);
});

it('ends with 3 where nobody answers, and goes on with the rest', async () => {
  const nowhere = await deadUrl();
  const table = await diagnosed({ AWS_ENDPOINT_URL_DYNAMODB: nowhere });
  expect([table.code, table.of('table'), table.of('queue default')]).toMatchObject([
    3,
    [{ status: 'fail', unreachable: true, message: expect.stringContaining(nowhere) }],
    [{ status: 'ok' }],
  ]);
  const queue = await diagnosed({ AWS_ENDPOINT_URL_SQS: nowhere });
  expect([queue.code, queue.of('queue default')]).toMatchObject([3, [{ unreachable: true }]]);
  const api = await diagnosed({ HOLDFAST_URL: nowhere });
  expect([api.code, api.of('api')]).toMatchObject([3, [{ unreachable: true }]]);
});

it('needs no table where only the API is known, and says what it lacks otherwise', async () => {
  const overHttp = await holdfast(['--url', runtime.url], {});
  expect([overHttp.code, overHttp.out]).toEqual([
    0,
    expect.stringMatching(/^warn +table .* only the API is asked/m),
  ]);
  const { HOLDFAST_TABLE: _t, HOLDFAST_URL: _u, ...env } = runtime.env;
  const without = await holdfast([], { ...env, HOLDFAST_LEASE: 'x' });
  expect(without.code).toBe(1);
  expect(without.out).toMatch(
    /^fail +settings +HOLDFAST_LEASE must be a duration from 1s to 12h, not "x"\. /m,
  );
  expect(without.out).toMatch(/^fail +table +HOLDFAST_TABLE is not set\. /m);
  expect(without.out).toMatch(/^ok +queue default /m);
});

async function create(input: CreateTableCommandInput): Promise<void> {
  await dynamodb.send(new CreateTableCommand(input));
}

it('names a bucket that is not there, is no name of one, or is not reached', async () => {
  const missing = await diagnosed({ HOLDFAST_PAYLOAD_BUCKET: 'missing' });
  expect([missing.code, missing.of('bucket')]).toMatchObject([
    1,
    [{ status: 'fail', message: 'The bucket missing is not there', fix: expect.stringContaining('Deploy') }],
  ]);
  const unnamed = await diagnosed({ HOLDFAST_PAYLOAD_BUCKET: 'Not A Name' });
  expect([unnamed.code, unnamed.of('bucket')]).toMatchObject([1, [{ status: 'fail' }]]);
  const nobody = await diagnosed({ AWS_ENDPOINT_URL_S3: await deadUrl() });
  expect([nobody.code, nobody.of('bucket')]).toMatchObject([3, [{ status: 'fail', unreachable: true }]]);
  expect((await diagnosed({ HOLDFAST_PAYLOAD_BUCKET: '' })).of('bucket')).toEqual([]);
});

it('names rules of the bucket that delete too early', async () => {
  const rule = (prefix: string, days: number) =>
    `<Rule><Filter><Prefix>${prefix}</Prefix></Filter><Status>Enabled</Status><Expiration><Days>${days}</Days></Expiration></Rule>`;
  const withRules = async (...rules: readonly string[]) => {
    const url = `${runtime.endpoints.s3}/${runtime.env.HOLDFAST_PAYLOAD_BUCKET}?lifecycle`;
    const body = `<LifecycleConfiguration>${rules.join('')}</LifecycleConfiguration>`;
    const headers = { 'content-type': 'application/xml' };
    expect((await fetch(url, { method: 'PUT', body, headers })).status).toBe(200);
    return (await diagnosed({})).of('bucket expiry');
  };
  const fitting = lifetimesInDays.map((days) => rule(lifetimePrefix(days), days));
  expect(await withRules(...fitting)).toMatchObject([{ status: 'ok' }]);
  expect(await withRules(...fitting, rule('', 90))).toMatchObject([
    { status: 'fail', message: expect.stringContaining('deletes everything after 90 days, keep-100-days/') },
  ]);
  expect(await withRules(...fitting.slice(1))).toMatchObject([
    { status: 'warn', message: expect.stringContaining('no rule for keep-35-days/:') },
  ]);
});
