import { type LaneName, laneNames } from '../config/lanes.ts';
import { defaultPool, type Pools } from '../config/pools.ts';
import type { Ms } from '../model/time.ts';
import type { Logger } from '../ports/logger.ts';
import type { PoolPlan } from './pools.ts';
import type { LocalQueue, SqsServer } from './sqs-server.ts';

/** The queues of one pool. */
export interface LocalPoolQueues {
  /** In the order in which they are looked into; `normal` is always among them. */
  readonly lanes: ReadonlyMap<LaneName, LocalQueue>;
  readonly normal: LocalQueue;
  /** Where the messages of all its lanes go that nobody could handle. */
  readonly deadLetterQueue: LocalQueue;
}

const prefix = 'holdfast-';
const deadLetters = 'dead-letter';

/** What a queue is for stands before the name of its pool, which may contain any of these words itself. */
const laneQueue = (pool: string, lane: LaneName): string =>
  pool === defaultPool && lane === 'normal' ? `${prefix}${pool}` : `${prefix}${lane}-${pool}`;

const deadLetterQueueOf = (pool: string): string =>
  pool === defaultPool ? `${prefix}${pool}-${deadLetters}` : `${prefix}${deadLetters}-${pool}`;

const laneQueuePattern = new RegExp(`^${prefix}(?<lane>${laneNames.join('|')})-(?<pool>.+)$`);

/** Creates the queues of a pool, or brings those that exist up to date. */
export async function createPoolQueues(
  sqs: SqsServer,
  { lanes, name }: PoolPlan,
  functionTimeoutMs: Ms,
): Promise<LocalPoolQueues> {
  const deadLetterName = deadLetterQueueOf(name);
  const create = (lane: LaneName) =>
    sqs.createQueues({ name: laneQueue(name, lane), deadLetterName, functionTimeoutMs });
  const normal = await create('normal');
  const created = new Map<LaneName, LocalQueue>();
  for (const lane of lanes) created.set(lane, lane === 'normal' ? normal.queue : (await create(lane)).queue);
  return { lanes: created, normal: normal.queue, deadLetterQueue: normal.deadLetterQueue };
}

/** The pools as all programs are told of them. */
export const poolsOf = (plans: readonly PoolPlan[], queues: ReadonlyMap<string, LocalPoolQueues>): Pools =>
  Object.fromEntries(
    plans.flatMap(({ name, tags }) => {
      const own = queues.get(name);
      if (!own) return [];
      const urls = Object.fromEntries([...own.lanes].map(([lane, { url }]) => [lane, url]));
      return [[name, { tags: [...tags], lanes: { ...urls, normal: own.normal.url } }]];
    }),
  );

/** Tells of kept messages that nobody receives any more, because their pool or lane is gone from the configuration. */
export async function tellOfLeftQueues(
  sqs: SqsServer,
  plans: readonly PoolPlan[],
  logger: Logger,
): Promise<void> {
  const gone = new Map<string, number>();
  for (const { messages, name } of await sqs.queuesBeginningWith(prefix)) {
    const { lane, pool = '' } = laneQueuePattern.exec(name)?.groups ?? {};
    const plan = plans.find((each) => each.name === pool);
    if (lane === undefined || messages === 0 || plan?.lanes.some((own) => own === lane)) continue;
    if (!plan) gone.set(pool, (gone.get(pool) ?? 0) + messages);
    else
      logger.warn('a lane is gone from the configuration: discovery rings for its runs in the others', {
        pool,
        lane,
        messages,
      });
  }
  for (const [pool, messages] of gone)
    logger.warn('a pool is gone from the configuration: its runs wait until it is back', { pool, messages });
}
