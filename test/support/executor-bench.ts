import { directClient } from '../../lib/client/direct-client.ts';
import { systemClock, systemRandom } from '../../lib/compose/system.ts';
import { defaultPool } from '../../lib/config/pools.ts';
import { readSettings } from '../../lib/config/settings.ts';
import { Registry } from '../../lib/define/registry.ts';
import type { dynamoStores } from '../../lib/dynamodb/stores.ts';
import type { MemoryQueue } from '../../lib/testing/memory-queue.ts';
import { silent } from '../../lib/testing/simulation/cloud.ts';
import { Executor } from '../../lib/worker/executor.ts';
import { Statistics } from '../../lib/worker/statistics.ts';

/** Client and executor of the one default pool, on stores as they are for AWS and a queue in this process. */
export function executorBench(
  stores: ReturnType<typeof dynamoStores>,
  queue: MemoryQueue,
  tasks: Record<string, unknown>,
  { workerId = 'worker-1', ...given }: Parameters<typeof readSettings>[1] & { workerId?: string } = {},
) {
  const ports = {
    clock: systemClock,
    random: systemRandom,
    logger: silent,
    ...stores,
    queue,
    poolQueues: queue,
    settings: readSettings({}, given),
    pools: { [defaultPool]: { tags: [], lanes: { normal: 'http://127.0.0.1/queue' } } },
    registry: Registry.fromModule(tasks),
    workerId,
  };
  const executor = new Executor(ports, new Statistics());
  return {
    client: directClient(ports),
    /** Executes all of them at once, each with all the time there is. */
    execute: (sent: MemoryQueue['sent']) =>
      Promise.all(
        sent.map(({ message }) =>
          executor.execute({ message, endsAt: Number.POSITIVE_INFINITY, marginMs: 0 }),
        ),
      ),
  };
}
