import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeTableCommand,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { localCredentials, localRegion } from '../../lib/local/credentials.ts';
import {
  type DynamoDbServer,
  type DynamoDbServerOptions,
  startDynamoDb,
} from '../../lib/local/dynamodb-server.ts';
import { findDynoxide } from '../../lib/local/dynoxide.ts';
import { listen, probePort } from '../../lib/local/ports.ts';
import { expectGone, isAlive } from './processes.ts';

const tableName = 'holdfast';
const key = { pk: { S: 'RUN#-#a' }, sk: { S: 'RUN' } };
const hasDynoxide = (await findDynoxide()) !== undefined;
const engines = hasDynoxide ? (['dynoxide', 'dynalite'] as const) : (['dynalite'] as const);

const opened: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function open(options: DynamoDbServerOptions): Promise<DynamoDbServer> {
  const server = await startDynamoDb({ tableName, ...options });
  opened.push(() => server.close());
  return server;
}

function clientOf(server: DynamoDbServer): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint: server.url,
    region: localRegion,
    credentials: localCredentials,
  });
  opened.push(() => client.destroy());
  return client;
}

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-dynamodb-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

describe.each(engines)('%s', (engine) => {
  test('has the table and its index once it is started, on the loopback address', async () => {
    const server = await open({ engine });
    const { Table } = await clientOf(server).send(new DescribeTableCommand({ TableName: tableName }));
    expect(Table?.TableStatus).toBe('ACTIVE');
    expect(Table?.GlobalSecondaryIndexes?.[0]).toMatchObject({
      IndexName: 'byState',
      Projection: { ProjectionType: 'KEYS_ONLY' },
    });
    expect(new URL(server.url).hostname).toMatch(/^127(?:\.\d{1,3}){3}$/);
  });

  test('keeps its data over a restart in the same directory', async () => {
    const directory = await temporaryDirectory();
    const first = await open({ engine, directory });
    await clientOf(first).send(new PutItemCommand({ TableName: tableName, Item: { ...key, n: { N: '1' } } }));
    await first.close();
    const second = await open({ engine, directory });
    const { Item } = await clientOf(second).send(new GetItemCommand({ TableName: tableName, Key: key }));
    expect(Item?.n).toEqual({ N: '1' });
  });

  test('has 127.0.0.1 with a port that was chosen', async () => {
    const port = await probePort(0, 'a test');
    expect((await open({ engine, port })).url).toBe(`http://127.0.0.1:${port}`);
  });

  test('refuses a port that is in use', async () => {
    const other = createServer();
    const port = await listen(other, 0, 'a test');
    opened.push(() => new Promise((resolve) => other.close(resolve)));
    await expect(startDynamoDb({ engine, port })).rejects.toMatchObject({
      code: 'PortInUse',
      message: expect.stringContaining(String(port)),
    });
  });

  test('answers no more once it is closed', async () => {
    const server = await startDynamoDb({ engine });
    await server.close();
    await expect(fetch(server.url)).rejects.toThrow();
  });
});

test.runIf(hasDynoxide)('the process of dynoxide ends on closing', async () => {
  const server = await startDynamoDb({ engine: 'dynoxide' });
  const pid = server.pid ?? 0;
  expect(isAlive(pid)).toBe(true);
  await server.close();
  await expectGone([pid]);
});

test('a binary that cannot be started is EmulatorMissing, saying what to do', async () => {
  const failing = startDynamoDb({ engine: 'dynoxide', binary: '/nonexistent/dynoxide' });
  await expect(failing).rejects.toMatchObject({
    code: 'EmulatorMissing',
    hint: expect.stringContaining('npm ci'),
  });
});

test('dynalite answers the pages of no browser', async () => {
  const { url } = await open({ engine: 'dynalite' });
  for (const method of ['OPTIONS', 'POST', 'GET']) {
    const answer = await fetch(url, { method, headers: { origin: 'https://page.example' } });
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([403, null]);
  }
});

test.runIf(hasDynoxide && process.platform === 'linux')('no page can guess where dynoxide is', async () => {
  const hosts = await Promise.all(
    [1, 2, 3].map(async () => new URL((await open({ engine: 'dynoxide' })).url)),
  );
  expect(new Set(hosts.map(({ hostname }) => hostname)).size).toBe(3);
  for (const { port } of hosts) await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
});
