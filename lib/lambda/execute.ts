import middy from '@middy/core';
import partialBatchFailure from '@middy/sqs-partial-batch-failure';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import pLimit from 'p-limit';
import { compose, workerIdOf } from '../compose/compose.ts';
import { countEvent } from '../compose/request-count.ts';
import { envNames } from '../config/env.ts';
import { defaultPool } from '../config/pools.ts';
import { Registry } from '../define/registry.ts';
import type { DispatchMessage } from '../model/message.ts';
import { parseMessage } from '../sqs/message-body.ts';
import { queueUrlOf } from '../sqs/queue-url.ts';
import { defer, type Verdict } from '../worker/delivery.ts';
import { Executor } from '../worker/executor.ts';
import { Heartbeat } from '../worker/heartbeat.ts';
import { Statistics } from '../worker/statistics.ts';
import { attributeStrayErrors } from '../worker/stray-errors.ts';
import type { ExecuteOptions } from './options.ts';
import { outcomeMetrics } from './outcome-metrics.ts';

/** The message goes back to its queue: thrown so that the batch's response names it. */
class GivenBack extends Error {
  override readonly name = 'GivenBack';
}

/** What a claim finds when another message did the work, or does it. */
const duplicates: ReadonlySet<string> = new Set(['Finished', 'Leased']);

/** Disposing it ends its heartbeat and deregisters the worker; Lambda, which just freezes it, never does. */
type ExecuteHandler = ((event: SQSEvent, context: Context) => Promise<SQSBatchResponse>) & AsyncDisposable;

/**
 * The handler of the executor: one batch of messages, each claimed, run and committed by itself; what must come back is
 * reported as a batch item failure.
 */
export function createExecute({ tasks, executor: run, env = process.env }: ExecuteOptions): ExecuteHandler {
  const composition = compose(env);
  const { logger, metrics, queue, settings, workers } = composition;
  const statistics = new Statistics();
  const registry = Registry.fromModule(tasks);
  const ports = { ...composition, registry, executor: run, workerId: workerIdOf(env) };
  const executor = new Executor(ports, statistics);
  const onLambda = env.AWS_LAMBDA_RUNTIME_API !== undefined;
  const heartbeat = new Heartbeat(ports, workers, statistics, {
    pool: env[envNames.pool] ?? defaultPool,
    kind: onLambda ? 'lambda' : 'process',
  });
  const limit = pLimit(settings.maxParallel);
  attributeStrayErrors();
  const publishOutcomes = outcomeMetrics(metrics, statistics);

  const executeRecord = async (record: SQSRecord, endsAt: number, marginMs: number): Promise<void> => {
    const parsed = parseMessage(record.body);
    if (!parsed.ok) {
      logger.error('message is not a dispatch: left to the dead-letter queue', {
        messageId: record.messageId,
      });
      throw new GivenBack('malformed message');
    }
    const receipt = {
      queueUrl: queueUrlOf(record.eventSourceARN, composition.pools),
      handle: record.receiptHandle,
    };
    const verdict = await verdictOf(parsed.message, { receipt, endsAt, marginMs });
    if (duplicates.has(verdict.because)) countEvent('duplicate');
    if (verdict.verdict === 'acknowledge') return;
    await queue.extend(receipt, verdict.visibility);
    throw new GivenBack(verdict.because);
  };

  const verdictOf = async (
    message: DispatchMessage,
    {
      receipt,
      endsAt,
      marginMs,
    }: { receipt: { queueUrl: string; handle: string }; endsAt: number; marginMs: number },
  ): Promise<Verdict> => {
    try {
      return await executor.execute({ message, receipt, endsAt, marginMs });
    } catch (error) {
      logger.error('task not executed: its message comes back', { run: message.run, error });
      return defer(5, 'Error');
    }
  };

  const handler = middy<SQSEvent>()
    .use(partialBatchFailure({ logger: () => undefined }))
    .handler(async (event: SQSEvent, context: Context) => {
      const left = context.getRemainingTimeInMillis();
      const endsAt = composition.clock.now() + left;
      const marginMs = Math.min(60_000, left / 5);
      const settled = await heartbeat.during(() =>
        Promise.allSettled(
          event.Records.map((record) => limit(() => executeRecord(record, endsAt, marginMs))),
        ),
      );
      publishOutcomes();
      return settled;
    });
  return Object.assign(handler, { [Symbol.asyncDispose]: () => heartbeat.stop() }) as never;
}
