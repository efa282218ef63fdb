import * as z from 'zod';
import { directClient } from '../client/direct-client.ts';
import { workerIdOf } from '../compose/compose.ts';
import { powertoolsLogger } from '../compose/powertools-logger.ts';
import { systemClock, systemRandom } from '../compose/system.ts';
import { defaultPool } from '../config/pools.ts';
import { readSettings } from '../config/settings.ts';
import { Registry } from '../define/registry.ts';
import { type AnyTask, defineTask } from '../define/task.ts';
import type { Builder } from '../define/workflow/builder.ts';
import { defineWorkflow } from '../define/workflow/define-workflow.ts';
import type { AnyWorkflow } from '../define/workflow/workflow.ts';
import { encodeRun } from '../dynamodb/item.ts';
import { sizeOfItem } from '../dynamodb/item-size.ts';
import { dynamoStores } from '../dynamodb/stores.ts';
import { noTenant, runId } from '../model/ids.ts';
import type { Logger } from '../ports/logger.ts';
import { Executor } from '../worker/executor.ts';
import { Statistics } from '../worker/statistics.ts';
import { Bill, BilledObjects, BilledQueue, BilledRuns, BilledTable } from './rehearsal-stores.ts';
import { onTab } from './tab.ts';
import { plus, type Usage } from './usage.ts';

/** What a function is called among the workers. */
export const rehearsedWorkerId = workerIdOf({
  AWS_LAMBDA_LOG_STREAM_NAME: `2026/11/22/[$LATEST]${'0'.repeat(32)}`,
});

export interface Rehearsed {
  /** Of one run, without bringing its message. */
  readonly usage: Usage;
  /** What stays of it until it expires, the entry in the index included. */
  readonly itemBytes: number;
  readonly objectBytes: number;
  /** What an executor logs of it. */
  readonly logBytes: number;
}

/** An entry of the index: the keys, and what DynamoDB adds to each. */
const indexEntryBytes = 200;

/**
 * Plays one run through the real client and executor, on stores in memory that bill as AWS does: a single task, or a
 * chain of as many inline steps, each of which hands on a text whose JSON has so many bytes.
 *
 * @param payloadBytes at least 2
 */
export async function rehearse(steps: number, payloadBytes: number): Promise<Rehearsed> {
  const bill = new Bill();
  const runs = new BilledRuns(bill);
  const queue = new BilledQueue(bill);
  const registry = Registry.fromModule(rehearsedTasks(steps));
  const ports = {
    clock: systemClock,
    random: systemRandom,
    logger: loggerOf(bill),
    ...dynamoStores(new BilledTable(bill) as never, 'holdfast', new BilledObjects(bill)),
    runs,
    queue,
    poolQueues: queue,
    settings: readSettings({}),
    pools: { [defaultPool]: { tags: [], lanes: { normal: 'https://sqs' } } },
    registry,
    workerId: rehearsedWorkerId,
  };
  const client = directClient(ports);
  const definition = registry.names()[0] ?? '';
  // What comes once for all runs: the shape of the workflow.
  await client.submitByName(definition, '', { delay: '1d' });
  const before = { ...bill };
  const { id } = await client.submitByName(definition, 'x'.repeat(payloadBytes - 2));
  const executor = new Executor(ports, new Statistics());
  for (const { message } of queue.drain()) {
    const delivery = { message, endsAt: Number.POSITIVE_INFINITY, marginMs: 0 };
    await onTab({}, () => executor.execute(delivery));
  }
  const ended = await runs.get({ tenant: noTenant, run: runId(id) });
  if (ended?.phase !== 'succeeded') throw new Error('a rehearsed run must succeed');
  return {
    usage: plus(bill.usage, before.usage, -1),
    itemBytes: bill.itemBytes - before.itemBytes + sizeOfItem(encodeRun(ended)) + indexEntryBytes,
    objectBytes: bill.objectBytes - before.objectBytes,
    logBytes: bill.logBytes - before.logBytes,
  };
}

/** What is played: a task alone, or a chain of it. */
export function rehearsedTasks(steps: number): Record<string, AnyTask | AnyWorkflow> {
  const echo = defineTask({ name: 'send-order', input: z.string(), run: (text) => text });
  if (steps === 1) return { echo };
  const begun = defineWorkflow('process-order', { input: z.string() }) as unknown as Builder;
  const chain = Array.from({ length: steps }).reduce<Builder>(
    (built, _, at) => built.step(echo, { id: `step-${at + 1}` }),
    begun,
  );
  return { chain: chain.build() };
}

/** As an executor logs by default. */
function loggerOf(bill: Bill): Logger {
  return powertoolsLogger({
    level: 'info',
    write: (line) => {
      bill.logBytes += Buffer.byteLength(line) + 1;
    },
  });
}
