import middy from '@middy/core';
import partialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import pLimit from 'p-limit';
import { attributeConsole } from '../attempts/console.ts';
import { compose, workerIdOf } from '../compose/compose.ts';
import { registryOf, storedCodeWhere } from '../compose/registry.ts';
import { countEvent } from '../compose/request-count.ts';
import { resultSender } from '../compose/result-sender.ts';
import { type Env, envNames } from '../config/env.ts';
import { defaultPool, type Pools } from '../config/pools.ts';
import { ComputeShare } from '../cost/compute-share.ts';
import { invokedBy } from '../cost/messages.ts';
import { onTab } from '../cost/tab.ts';
import { gigabyteSecondsOf, type Usage } from '../cost/usage.ts';
import { taskSource } from '../isolation/task-source.ts';
import { threadsFor } from '../isolation/threads-for.ts';
import type { Received } from '../ports/inbox.ts';
import { parseMessage } from '../sqs/message-body.ts';
import { queueUrlOf } from '../sqs/queue-url.ts';
import { flushTelemetry } from '../trace/flush.ts';
import { Executor } from '../worker/executor.ts';
import { Heartbeat } from '../worker/heartbeat.ts';
import { workOff } from '../worker/messages.ts';
import { outcomeMetrics } from '../worker/outcome-metrics.ts';
import { Statistics } from '../worker/statistics.ts';
import { attributeStrayErrors } from '../worker/stray-errors.ts';
import type { ExecuteOptions } from './options.ts';

/** The message goes back to its queue: thrown so that the batch's response names it. */
class GivenBack extends Error {
  override readonly name = 'GivenBack';
}

/** Disposing it ends its heartbeat and deregisters the worker; Lambda, which just freezes it, never does. */
type ExecuteHandler = ((event: SQSEvent, context: Context) => Promise<SQSBatchResponse>) & AsyncDisposable;

/**
 * The handler of the executor: one batch of messages, each claimed, run and committed by itself; what must come back is
 * reported as a batch item failure.
 */
export function createExecute({
  tasks,
  executor: run,
  thread,
  codeThread,
  env = process.env,
}: ExecuteOptions): ExecuteHandler {
  const composition = compose(env);
  const { logger, metrics, queue, settings, workers } = composition;
  const statistics = new Statistics();
  const registry = registryOf(tasks, settings, {
    storedCode: storedCodeWhere(env, codeThread),
    delivery: { sender: resultSender(env, composition), clock: composition.clock },
  });
  const threads = threadsFor(registry, taskSource(env, thread), settings);
  const ports = { ...composition, registry, executor: run, threads, workerId: workerIdOf(env) };
  const executor = new Executor(ports, statistics);
  const onLambda = env.AWS_LAMBDA_RUNTIME_API !== undefined;
  const heartbeat = new Heartbeat(ports, workers, statistics, {
    pool: env[envNames.pool] ?? defaultPool,
    kind: onLambda ? 'lambda' : 'process',
  });
  const limit = pLimit(settings.maxParallel);
  attributeStrayErrors();
  attributeConsole();
  const publishOutcomes = outcomeMetrics(metrics, statistics);
  const onTabOf = tabsOf(env);

  const onDuplicate = () => countEvent('duplicate');

  const executeRecord = async (received: Received, endsAt: number, marginMs: number): Promise<void> => {
    const isDone = await workOff({ executor, queue, logger, onDuplicate }, received, { endsAt, marginMs });
    if (!isDone) throw new GivenBack(received.id);
  };

  const handler = middy<SQSEvent>()
    .use(partialBatchFailure({ logger: () => undefined }))
    .handler(async (event: SQSEvent, context: Context) => {
      const left = context.getRemainingTimeInMillis();
      const endsAt = composition.clock.now() + left;
      const marginMs = Math.min(60_000, left / 5);
      const together = event.Records.length;
      const brought = invokedBy(together);
      const settled = await heartbeat.during(() =>
        Promise.allSettled(
          event.Records.map((record) => {
            const received = toReceived(record, composition.pools, together);
            return limit(() => onTabOf(brought, () => executeRecord(received, endsAt, marginMs)));
          }),
        ),
      );
      publishOutcomes();
      if (onLambda) await flushTelemetry();
      return settled;
    });
  const end = async () => {
    await Promise.all([heartbeat.stop(), threads?.close()]);
  };
  return Object.assign(handler, { [Symbol.asyncDispose]: end }) as never;
}

function toReceived(
  { body, eventSourceARN, messageId, receiptHandle }: SQSRecord,
  pools: Pools,
  together: number,
): Received {
  const parsed = parseMessage(body);
  return {
    id: messageId,
    receipt: { queueUrl: queueUrlOf(eventSourceARN, pools), handle: receiptHandle },
    together,
    ...(parsed.ok && { message: parsed.message }),
  };
}

/** On Lambda a task pays for its share of the function's time, too. */
function tabsOf(env: Env): (brought: Partial<Usage>, work: () => Promise<void>) => Promise<void> {
  const megabytes = Number(env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE);
  if (!(megabytes > 0)) return onTab;
  const shared = new ComputeShare(
    () => performance.now(),
    megabytes / 1_024,
    gigabyteSecondsOf(process.arch),
  );
  return (brought, work) => shared.during(brought, work);
}
