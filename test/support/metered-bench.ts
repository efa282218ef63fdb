import type { Client } from '../../lib/client/client.ts';
import { dynamoStores } from '../../lib/dynamodb/stores.ts';
import { MemoryQueue } from '../../lib/testing/memory-queue.ts';
import type { Endpoint } from './endpoints.ts';
import { executorBench } from './executor-bench.ts';
import { openTable } from './test-table.ts';

/** One request to the table, as it is charged. */
export interface Metered {
  readonly command: string;
  /** Capacity units of the table itself, as the endpoint counts them. */
  readonly tableUnits: number;
  readonly indexUnits: number;
}

export interface MeteredBench extends AsyncDisposable {
  readonly client: Client;
  readonly queue: MemoryQueue;
  /** All requests so far, oldest first. */
  readonly requests: readonly Metered[];
  /** Executes messages until none is left, so many at a time, default 1; resolves to how many there were. */
  drain(atOnce?: number): Promise<number>;
}

/** Client and executor on a real table of their own that notes what each request costs. Messages stay in this process. */
export async function openMeteredBench(
  endpoint: Endpoint,
  tasks: Record<string, unknown>,
): Promise<MeteredBench> {
  const { close, db, name } = await openTable(endpoint);
  const requests: Metered[] = [];
  db.middlewareStack.add(
    (next, context) => async (args) => {
      Object.assign(args.input, { ReturnConsumedCapacity: 'INDEXES' });
      const answer = await next(args);
      const { ConsumedCapacity: capacity } = answer.output as { ConsumedCapacity?: Capacity };
      requests.push({
        command: String(context.commandName).replace(/Command$/, ''),
        tableUnits: capacity?.Table?.CapacityUnits ?? Number.NaN,
        indexUnits: Object.values(capacity?.GlobalSecondaryIndexes ?? {}).reduce(
          (sum, { CapacityUnits = 0 }) => sum + CapacityUnits,
          0,
        ),
      });
      return answer;
    },
    { step: 'initialize', name: 'meter' },
  );
  const queue = new MemoryQueue();
  const { client, execute } = executorBench(dynamoStores(db, name), queue, tasks);
  return {
    client,
    queue,
    requests,
    async drain(atOnce = 1) {
      let executed = 0;
      for (let batch = queue.sent.splice(0, atOnce); batch.length > 0; batch = queue.sent.splice(0, atOnce)) {
        executed += (await execute(batch)).length;
      }
      return executed;
    },
    [Symbol.asyncDispose]: close,
  };
}

interface Capacity {
  readonly Table?: { readonly CapacityUnits?: number };
  readonly GlobalSecondaryIndexes?: Readonly<Record<string, { readonly CapacityUnits?: number }>>;
}
