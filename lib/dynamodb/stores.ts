import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { TieredPayloads } from '../payload/tiered-payloads.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { DynamoAttemptStore } from './attempt-store.ts';
import { DynamoDefinitionStore } from './definition-store.ts';
import { DynamoHistoryStore } from './history-store.ts';
import { DynamoLimitStore } from './limit-store.ts';
import { DynamoPayloadStore } from './payload-store.ts';
import { DynamoRequestCounter } from './request-counter.ts';
import { DynamoResultCache } from './result-cache.ts';
import { DynamoRunStore } from './run-store.ts';
import { DynamoWorkerRegistry } from './worker-registry.ts';

/** All that is kept in one table; payloads in a bucket, too, where there is one. */
export const dynamoStores = (db: DynamoDBDocumentClient, table: string, objects?: ObjectStore) => ({
  runs: new DynamoRunStore(db, table),
  payloads: new TieredPayloads(new DynamoPayloadStore(db, table), objects),
  attempts: new DynamoAttemptStore(db, table),
  history: new DynamoHistoryStore(db, table),
  definitions: new DynamoDefinitionStore(db, table),
  cache: new DynamoResultCache(db, table),
  limits: new DynamoLimitStore(db, table),
  requests: new DynamoRequestCounter(db, table),
  workers: new DynamoWorkerRegistry(db, table),
});
