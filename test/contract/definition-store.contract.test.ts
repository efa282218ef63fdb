import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DynamoDefinitionStore } from '../../lib/dynamodb/definition-store.ts';
import { definitionKey } from '../../lib/dynamodb/keys.ts';
import type { Shape } from '../../lib/model/definition.ts';
import type { DefinitionHash } from '../../lib/model/ids.ts';
import { dynamodbEndpoints } from '../support/endpoints.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { openTable } from '../support/test-table.ts';

const hashOf = (text: string) => text as DefinitionHash;

const shape = (name: string, steps = 1): Shape => ({
  kind: 'workflow',
  name,
  body: [
    ...Array.from({ length: steps }, (_, at) => ({ kind: 'step', id: `step-${at}`, task: 'work' }) as const),
    {
      kind: 'fork',
      id: 'join',
      branches: [
        { name: 'constructor', body: [{ kind: 'delay', id: 'a.b', delayMs: 1_000 }] },
        { name: 'b', body: [{ kind: 'step', id: 'c', task: 't', tags: [], priority: 'low' }] },
      ],
      join: { kind: 'map', id: 'join' },
    },
    {
      kind: 'branch',
      id: 'route',
      routes: [{ key: '__proto', body: [] }],
      otherwise: [{ kind: 'map', id: 'm' }],
    },
    { kind: 'loop', id: 'poll', body: [{ kind: 'map', id: 'd' }], maxIterations: 9, onMax: 'exitWithLast' },
  ],
});

describe.each(storeSubjects())('DefinitionStore: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test('what is not there is undefined', async () => {
    expect(await stores.definitions.get(hashOf('0000000000000000'))).toBeUndefined();
  });

  test('a shape comes back as it is, each under its own hash, and writing it again does no harm', async () => {
    await stores.definitions.put(hashOf('h1'), shape('one'));
    await stores.definitions.put(hashOf('h2'), shape('two'));
    await stores.definitions.put(hashOf('h1'), shape('one'));
    expect(await stores.definitions.get(hashOf('h1'))).toEqual(shape('one'));
    expect(await stores.definitions.get(hashOf('h2'))).toEqual(shape('two'));
  });

  test('the largest that can be built is kept', { timeout: 60_000 }, async () => {
    // More than one item of DynamoDB can hold.
    const step = (at: number) => ({
      kind: 'step' as const,
      id: `${at}`.padStart(64, 's'),
      task: 't'.repeat(64),
      leaseMs: 43_200_000,
      timeoutMs: 604_800_000,
      priority: 'normal' as const,
      tags: ['müßig'],
    });
    const large = { ...shape('large'), body: Array.from({ length: 10_000 }, (_, at) => step(at)) };
    await stores.definitions.put(hashOf('large'), large);
    await stores.definitions.put(hashOf('large2'), shape('beside'));
    expect(await stores.definitions.get(hashOf('large'))).toEqual(large);
  });
});

describe.each(dynamodbEndpoints())('a stored definition: $name', (endpoint) => {
  test('says when it is damaged', async () => {
    const table = await openTable(endpoint);
    const Item = { ...definitionKey(hashOf('h1')), x: 7 };
    await table.db.send(new PutCommand({ TableName: table.name, Item }));
    const store = new DynamoDefinitionStore(table.db, table.name);
    await expect(store.get(hashOf('h1'))).rejects.toMatchObject({ code: 'DamagedItem' });
    await table.close();
  });
});
