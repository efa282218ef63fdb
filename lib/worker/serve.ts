import { AsyncLocalStorage } from 'node:async_hooks';
import { laneUrls } from '../config/pools.ts';
import { broughtBy } from '../cost/messages.ts';
import { onTab } from '../cost/tab.ts';
import type { Dispatch } from '../model/message.ts';
import type { Ms } from '../model/time.ts';
import type { Handover } from '../ports/handover.ts';
import type { Inbox, Received } from '../ports/inbox.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { WorkerRegistry } from '../ports/worker-registry.ts';
import { flushTelemetry } from '../trace/flush.ts';
import { atMost } from './at-most.ts';
import { isPassing, untilReached } from './connect.ts';
import { Deletions } from './deletions.ts';
import { Executor } from './executor.ts';
import { Heartbeat } from './heartbeat.ts';
import { workOff, workOffHanded } from './messages.ts';
import { outcomeMetrics } from './outcome-metrics.ts';
import { startPolling } from './poll.ts';
import type { WorkerPorts } from './ports.ts';
import { Statistics } from './statistics.ts';

export interface ServePorts extends WorkerPorts {
  readonly inbox: Inbox;
  /** Where this process's own clients are met. Without it they are not. */
  readonly handover?: Pick<Handover, 'join'>;
  readonly workers: WorkerRegistry;
  readonly metrics: Metrics;
}

export interface ServeOptions {
  readonly pool: string;
  /** Where the table is, in words for people. */
  readonly endpoint: string;
  /** Called where another message did the work, or does it. */
  readonly onDuplicate: () => void;
}

/** What a worker is told while it works, and what it tells. */
export interface Told {
  /** To receive no more, and to end once what runs has ended or the drain time is over. */
  readonly stop: AbortSignal;
  /** To abort what runs, too. */
  readonly abort: AbortSignal;
  /** It is registered and receives. */
  readonly onReady: () => void;
}

/** How long a message is kept back that came where there was no room left. */
const sentOnMs: Ms = 2_000;

/** No Lambda ends this process. */
const forever = { endsAt: Number.POSITIVE_INFINITY, marginMs: 0 };

/**
 * A worker that receives by itself, until it is told to stop.
 *
 * ```
 * connecting ──registered──▶ receiving ──stop──▶ draining ──┬─ all has ended ─────────────▶ deregistered
 *    │   │                       └────defect──────▶ │       └─ time over, abort: handed back ─▶ │
 *    │   └──stop──▶ ended                          (then it rejects with the defect)
 *    └──not reached in time──▶ rejects
 * ```
 *
 * @throws HoldfastError `StoreUnreachable`, `TableNotFound`, `QueueUnreachable` when they could not be reached at the start
 */
export async function serve(ports: ServePorts, options: ServeOptions, told: Told): Promise<void> {
  const statistics = new Statistics();
  const registration = { pool: options.pool, kind: 'process' } as const;
  const heartbeat = new Heartbeat(ports, ports.workers, statistics, registration);
  try {
    if (await connect(ports, heartbeat, options, told.stop)) {
      await receiveUntilStopped(ports, statistics, options, told);
    }
  } finally {
    await heartbeat.stop();
    // Its process may end with it.
    await flushTelemetry();
  }
}

async function connect(
  { clock, logger, queue, settings }: ServePorts,
  heartbeat: Heartbeat,
  { endpoint, pool }: ServeOptions,
  signal: AbortSignal,
): Promise<boolean> {
  const reach = async () => {
    await heartbeat.start();
    await queue.depth(pool);
  };
  return await untilReached(reach, {
    clock,
    logger,
    timeoutMs: settings.connectTimeout,
    endpoint,
    signal,
  });
}

async function receiveUntilStopped(
  ports: ServePorts,
  statistics: Statistics,
  { onDuplicate, pool }: ServeOptions,
  told: Told,
): Promise<void> {
  const { clock, handover, inbox, logger, metrics, pools, queue, settings } = ports;
  const executor = new Executor(ports, statistics);
  const deletions = new Deletions(inbox);
  const publishOutcomes = outcomeMetrics(metrics, statistics);
  const context = { executor, logger, queue, onDuplicate };
  // Somebody else may begin it at once.
  const giveBack = async ({ receipt }: Received) => void (await queue.extend(receipt, 0));
  // Of whoever has no room either: a message of its own does not come nearer to the dead-letter queue by that.
  const sendOn = async (received: Received) => {
    const { message, receipt } = received;
    if (told.stop.aborted || !message) return await giveBack(received);
    const [unsent] = await queue.send([{ message, pool, priority: 'normal', delayMs: sentOnMs }]);
    if (unsent) return await giveBack(received);
    deletions.add(receipt);
  };
  const work = async (received: Received) => {
    // Received while the end began.
    if (told.stop.aborted) return await giveBack(received);
    const isDone = await onTab(broughtBy(received.together), () => workOff(context, received, forever));
    if (isDone) deletions.add(received.receipt);
    publishOutcomes();
  };
  const polling = startPolling<Received>({
    room: settings.maxParallel,
    receive: (room, signal) => inbox.receive(pool, Math.min(room, settings.batchSize), signal),
    work,
    giveBack: sendOn,
    intervalMs: settings.pollInterval,
    onFailure: (error, failures) => {
      if (!isPassing(error)) throw error;
      logger.warn('receiving failed, trying again', { pool, failures, error });
    },
    clock,
  });
  const workHanded = async (dispatch: Dispatch) => {
    await onTab({}, () => workOffHanded(context, dispatch, forever));
    publishOutcomes();
  };
  // Whoever submits has a context, a tab and a span of its own, which are not those of the run.
  const apart = AsyncLocalStorage.snapshot();
  const lends = settings.handover === 'on' && laneUrls(pools, pool).length === 1;
  const join = lends ? handover?.join : undefined;
  const leave = join?.(
    pool,
    (dispatch) => executor.canBegin(dispatch.message) && polling.lend(() => apart(workHanded, dispatch)),
  );
  told.stop.addEventListener('abort', () => polling.stop(), { once: true });
  if (told.stop.aborted) polling.stop();
  told.onReady();
  logger.info('worker receives', { pool, worker: ports.workerId });
  try {
    await polling.stopped;
  } finally {
    leave?.();
    logger.info('worker ends', { pool, worker: ports.workerId, running: statistics.running });
    executor.finish();
    await atMost(clock, polling.idle(), settings.drain, told.abort);
    const { running } = statistics;
    if (running > 0) logger.warn('what runs is handed back', { pool, worker: ports.workerId, running });
    executor.shutDown();
    await polling.idle();
    await deletions.done();
  }
}
