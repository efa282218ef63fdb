import type { SQSClient } from '@aws-sdk/client-sqs';
import { laneUrls, type Pools } from '../config/pools.ts';
import { inspectQueue, type QueueFacts, queueUrlByArn } from '../sqs/inspect-queue.ts';
import type { Finding } from './finding.ts';
import { judgeDeadLetters, judgeQueue, type QueueNeeds } from './queue.ts';
import { trouble } from './trouble.ts';

/** Every queue of every pool, and where their messages go in the end, each once. */
export async function* checkQueues(sqs: SQSClient, pools: Pools, needs: QueueNeeds): AsyncGenerator<Finding> {
  const deadLetters = new Set<string>();
  for (const pool of Object.keys(pools)) {
    for (const url of laneUrls(pools, pool)) {
      const check = `queue ${nameOf(pools, pool, url)}`;
      const facts = await inspected(sqs, url, check);
      if ('status' in facts) {
        yield facts;
        continue;
      }
      yield* judgeQueue({ check, url }, facts, needs);
      if (facts.deadLetters) deadLetters.add(facts.deadLetters.arn);
    }
  }
  for (const arn of deadLetters) yield await checkDeadLetters(sqs, arn);
}

async function inspected(sqs: SQSClient, url: string, check: string): Promise<QueueFacts | Finding> {
  try {
    return await inspectQueue(sqs, url);
  } catch (error) {
    return trouble(check, error, {
      what: `The queue ${url}`,
      missing: 'Deploy the stack, or check HOLDFAST_POOLS and AWS_REGION.',
      permission: 'sqs:GetQueueAttributes',
    });
  }
}

async function checkDeadLetters(sqs: SQSClient, arn: string): Promise<Finding> {
  const name = arn.slice(arn.lastIndexOf(':') + 1);
  const check = 'dead letters';
  try {
    return judgeDeadLetters(name, await inspectQueue(sqs, await queueUrlByArn(sqs, arn)));
  } catch (error) {
    return trouble(check, error, {
      what: `The queue ${name}`,
      missing: 'Deploy the stack, or give the queue another RedrivePolicy: messages go nowhere.',
      permission: 'sqs:GetQueueUrl and sqs:GetQueueAttributes',
    });
  }
}

/** A pool of one queue by its own name. */
function nameOf(pools: Pools, pool: string, url: string): string {
  const lanes = Object.entries(pools[pool]?.lanes ?? {}).filter(([, each]) => each === url);
  if (laneUrls(pools, pool).length === 1) return pool;
  return `${pool}/${lanes.map(([lane]) => lane).join('+')}`;
}
