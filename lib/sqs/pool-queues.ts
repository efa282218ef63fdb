import { type SQSClient, StartMessageMoveTaskCommand } from '@aws-sdk/client-sqs';
import { laneUrls, type Pools } from '../config/pools.ts';
import { HoldfastError } from '../model/errors.ts';
import type { PoolCounts, PoolQueues } from '../ports/pool-queues.ts';
import { inspectQueue, type QueueFacts, queueUrlByArn } from './inspect-queue.ts';
import { moveByHand } from './move-messages.ts';
import { unreachable } from './unreachable.ts';

interface Lane {
  readonly url: string;
  readonly facts: QueueFacts;
}

/** The queues of the pools, and those where their messages go that nobody could handle, as their redrive policies name them. */
export class SqsPoolQueues implements PoolQueues {
  readonly #sqs: SQSClient;
  readonly #pools: Pools;

  constructor(sqs: SQSClient, pools: Pools) {
    this.#sqs = sqs;
    this.#pools = pools;
  }

  async counts(pool: string): Promise<PoolCounts> {
    const lanes = await this.#lanes(pool);
    const dead = await Promise.all(deadLetterArns(lanes).map((arn) => this.#deadLetters(arn)));
    return {
      waiting: sum(lanes, ({ facts }) => facts.waiting),
      inFlight: sum(lanes, ({ facts }) => facts.inFlight),
      delayed: sum(lanes, ({ facts }) => facts.delayed),
      // What is looked at there and left is hidden most of the time.
      ...(dead.length > 0 && { deadLetters: sum(dead, ({ facts }) => facts.waiting + facts.inFlight) }),
    };
  }

  async redrive(pool: string): Promise<number> {
    const own = await this.#lanes(pool);
    const arns = deadLetterArns(own);
    if (arns.length === 0) {
      throw new HoldfastError('NotFound', `The pool ${pool} has no dead-letter queue`, {
        field: 'pool',
        hint: 'Deploy the stack, or give the queue a RedrivePolicy.',
      });
    }
    const others = Object.keys(this.#pools).filter((each) => each !== pool);
    const all = [own, ...(await Promise.all(others.map((each) => this.#lanes(each))))];
    let moved = 0;
    for (const arn of arns) {
      const sources = all.flat().filter(({ facts }) => facts.deadLetters?.arn === arn);
      // Of several lanes nobody but the service knows which it was. The one for what has aged must stay short.
      const usual = this.#pools[pool]?.lanes.normal;
      moved += await this.#move(arn, sources, sources.find(({ url }) => url === usual) ?? sources[0]);
    }
    return moved;
  }

  /**
   * @param sources all queues whose dead letters these are, those of the pool first
   * @param byHand the one of them that takes all, where the service moves nothing
   */
  async #move(arn: string, sources: readonly Lane[], byHand: Lane | undefined): Promise<number> {
    const { facts, url } = await this.#deadLetters(arn);
    const [source, ...others] = sources;
    // What several queues share goes back to where the service knows that it comes from.
    const destination = others.length === 0 ? source?.facts.arn : undefined;
    try {
      await this.#sqs.send(
        new StartMessageMoveTaskCommand({
          SourceArn: arn,
          ...(destination !== undefined && { DestinationArn: destination }),
        }),
      );
      return facts.waiting;
    } catch (error) {
      if (!isUnknownAction(error) || !byHand) throw unreachable(url, error);
      return await moveByHand(this.#sqs, { from: url, to: byHand.url }).catch((cause: unknown) => {
        throw unreachable(url, cause);
      });
    }
  }

  async #lanes(pool: string): Promise<readonly Lane[]> {
    if (!Object.hasOwn(this.#pools, pool)) {
      throw new HoldfastError('NotFound', `There is no pool ${JSON.stringify(pool.slice(0, 80))}`, {
        field: 'pool',
        hint: `Pools: ${Object.keys(this.#pools).join(', ')}.`,
      });
    }
    return await Promise.all(laneUrls(this.#pools, pool).map((url) => this.#inspect(url)));
  }

  async #deadLetters(arn: string): Promise<Lane> {
    const url = await queueUrlByArn(this.#sqs, arn).catch((cause: unknown) => {
      throw unreachable(arn, cause);
    });
    return await this.#inspect(url);
  }

  async #inspect(url: string): Promise<Lane> {
    try {
      return { url, facts: await inspectQueue(this.#sqs, url) };
    } catch (cause) {
      throw unreachable(url, cause);
    }
  }
}

const deadLetterArns = (lanes: readonly Lane[]): readonly string[] => [
  ...new Set(lanes.flatMap(({ facts }) => facts.deadLetters?.arn ?? [])),
];

const sum = <T>(all: readonly T[], countOf: (each: T) => number): number =>
  all.reduce((total, each) => total + countOf(each), 0);

/** Some emulators have no such operation, and say so in words of their own. */
const isUnknownAction = (error: unknown): boolean =>
  error instanceof Error && /^(?:InvalidAction|UnknownOperation(?:Exception)?)$/.test(error.name);
