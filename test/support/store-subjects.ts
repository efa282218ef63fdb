import { dynamoStores } from '../../lib/dynamodb/stores.ts';
import type { AttemptStore } from '../../lib/ports/attempt-store.ts';
import type { DefinitionStore } from '../../lib/ports/definition-store.ts';
import type { HistoryStore } from '../../lib/ports/history-store.ts';
import type { LimitStore } from '../../lib/ports/limit-store.ts';
import type { PayloadStore } from '../../lib/ports/payload-store.ts';
import type { RequestCounter } from '../../lib/ports/request-counter.ts';
import type { ResultCache } from '../../lib/ports/result-cache.ts';
import type { RunStore } from '../../lib/ports/run-store.ts';
import type { WorkerRegistry } from '../../lib/ports/worker-registry.ts';
import { MemoryLimitStore } from '../../lib/testing/memory-limit-store.ts';
import {
  MemoryAttemptStore,
  MemoryDefinitionStore,
  MemoryHistoryStore,
  MemoryPayloadStore,
  MemoryRequestCounter,
  MemoryResultCache,
  MemoryRunStore,
  MemoryWorkerRegistry,
} from '../../lib/testing/memory-stores.ts';
import { dynamodbEndpoints } from './endpoints.ts';
import { openTable } from './test-table.ts';

/** All ports of the store over one empty store. */
export interface Stores {
  readonly runs: RunStore;
  readonly payloads: PayloadStore;
  readonly attempts: AttemptStore;
  readonly history: HistoryStore;
  readonly definitions: DefinitionStore;
  readonly cache: ResultCache;
  readonly limits: LimitStore;
  readonly requests: RequestCounter;
  readonly workers: WorkerRegistry;
  close(): Promise<void>;
}

export interface StoreSubject {
  readonly name: string;
  open(): Promise<Stores>;
}

const memory: StoreSubject = {
  name: 'memory',
  open: async () => ({
    runs: new MemoryRunStore(),
    payloads: new MemoryPayloadStore(),
    attempts: new MemoryAttemptStore(),
    history: new MemoryHistoryStore(),
    definitions: new MemoryDefinitionStore(),
    cache: new MemoryResultCache(),
    limits: new MemoryLimitStore(),
    requests: new MemoryRequestCounter(),
    workers: new MemoryWorkerRegistry(),
    close: async () => {},
  }),
};

/**
 * Every adapter a contract holds for: the tables of all endpoints, and the one in memory, because what is simulated on
 * it is worth as much as its likeness.
 */
export function storeSubjects(): StoreSubject[] {
  const tables = dynamodbEndpoints().map((endpoint) => ({
    name: endpoint.name,
    async open(): Promise<Stores> {
      const { db, name, close } = await openTable(endpoint);
      return {
        ...dynamoStores(db, name),
        close,
      };
    },
  }));
  return [memory, ...tables];
}
