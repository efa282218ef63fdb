import type { Context } from '../define/context.ts';
import type { Registered } from '../define/registry.ts';
import { validate } from '../define/validate.ts';
import type { HoldfastError } from '../model/errors.ts';
import type { Nonce } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import { toSec } from '../model/time.ts';
import { type Packed, unpack } from '../payload/payload.ts';
import type { Logger } from '../ports/logger.ts';
import { foreignDeferMs } from '../protocol/limits.ts';
import { acquire, type Held } from './acquire.ts';
import { Attempt, type Outcome } from './attempt.ts';
import { cacheKeyOf, readCached, shareResult } from './cached-result.ts';
import { acknowledge, type Delivery, defer, type Verdict } from './delivery.ts';
import type { WorkerPorts } from './ports.ts';
import { type Result, type Settled, settle } from './settle.ts';
import type { Statistics } from './statistics.ts';

/** One attempt's work; these ports log with what names the attempt. */
interface Work {
  readonly ports: WorkerPorts;
  readonly registered: Registered;
  readonly held: Held;
  readonly delivery: Delivery;
}

/**
 * Executes messages: claim, handler under a renewed lease, commit. The same for a Lambda, a container, a laptop.
 * It does not receive or delete messages: the verdict says what to do with them.
 */
export class Executor {
  readonly #ports: WorkerPorts;
  readonly #statistics: Statistics;
  readonly #attempts = new Set<Attempt>();

  constructor(ports: WorkerPorts, statistics: Statistics) {
    this.#ports = ports;
    this.#statistics = statistics;
  }

  /** Never rejects for what a handler does; rejects with `StoreUnreachable` when the store gives no answer. */
  async execute(delivery: Delivery): Promise<Verdict> {
    const { message } = delivery;
    const logger = this.#ports.logger.child({ run: message.run, node: message.node, tenant: message.tenant });
    const registered = this.#ports.registry.byHash(message.hash);
    if (!registered) {
      logger.warn('definition not registered here: left to other workers', {
        code: 'TaskNotFound',
        hash: message.hash,
      });
      return defer(toSec(foreignDeferMs), 'TaskNotFound');
    }
    const { clock, random, settings, workerId } = this.#ports;
    const leaseMs = registered.task.policy.leaseMs ?? settings.lease;
    const now = clock.now();
    if (delivery.endsAt - now <= delivery.marginMs) return defer(0, 'DeadlineNear');
    const acquired = await acquire(this.#ports, {
      key: { tenant: message.tenant, run: message.run },
      node: message.node,
      hash: message.hash,
      nonce: random.id() as Nonce,
      worker: workerId,
      leaseUntil: Math.min(now + leaseMs, delivery.endsAt),
    });
    if ('verdict' in acquired) {
      if (acquired.because === 'AttemptsExhausted') this.#statistics.exhausted += 1;
      return acquired.because === 'NotFound'
        ? this.#contextNotFound(message.run, logger)
        : refused(acquired, logger);
    }
    return await this.#run(delivery, registered, acquired, { leaseMs, logger });
  }

  /** A message whose run is gone or never was: told as a result of its own, and nothing is written. */
  #contextNotFound(executionId: string, logger: Logger): Verdict {
    const { workerId } = this.#ports;
    const result = { executionId, success: false, errorType: 'ContextNotFound', workerId, durationMs: 0 };
    logger.error('execution context not found', result);
    this.#statistics.contextsNotFound += 1;
    return acknowledge('ContextNotFound');
  }

  /** Aborts what runs; each attempt is handed back without being counted. */
  shutDown(): void {
    for (const attempt of this.#attempts) attempt.shutDown();
  }

  /** Asks what runs to hand back at its next checkpoint. */
  askToYield(reason: HoldfastError): void {
    for (const attempt of this.#attempts) attempt.askToYield(reason);
  }

  async #run(
    delivery: Delivery,
    registered: Registered,
    held: Held,
    { leaseMs, logger }: { leaseMs: number; logger: Logger },
  ): Promise<Verdict> {
    const node = held.run.nodes[held.fence.node];
    const own = logger.child({ task: registered.task.name, attempt: node?.attempt, epoch: held.fence.epoch });
    const ports = { ...this.#ports, logger: own };
    const attempt = new Attempt(ports, registered, held, delivery, { leaseMs, logger: own });
    const started = ports.clock.now();
    this.#attempts.add(attempt);
    this.#statistics.begin();
    if (held.takenOver) {
      this.#statistics.takeovers += 1;
      own.warn('taken over from an owner that was silent past its lease');
    }
    let settled: Settled = 'lost';
    try {
      settled = await this.#work(attempt, { ports, registered, held, delivery });
      own.info('attempt ended', { settled, durationMs: this.#ports.clock.now() - started });
      return acknowledge(settled);
    } finally {
      await attempt.keeper.rest();
      this.#attempts.delete(attempt);
      this.#statistics.end(settled, this.#ports.clock.now() - started);
    }
  }

  async #work(attempt: Attempt, { ports, registered, held, delivery }: Work): Promise<Settled> {
    let cached = false;
    const outcome = await attempt.run(async (ctx) => {
      const made = await resultText(ports, registered, held.run, ctx);
      cached = made.cached;
      return made.text;
    });
    const result = resultOf(outcome, cached, attempt.keeper.unstoredCheckpoint);
    if (!result) return 'lost';
    const context = {
      ports,
      held,
      registered,
      hop: delivery.message.hop,
      leaseUntil: attempt.keeper.leaseUntil,
    };
    return await settle(context, attempt.keeper.run, result);
  }
}

/** The stored text of the result: from the cache, or what the handler returns. */
async function resultText(
  ports: WorkerPorts,
  registered: Registered,
  run: Run,
  ctx: Context,
): Promise<{ text: string; cached: boolean }> {
  const { task } = registered;
  const stored = await unpack(ports.payloads, run, run.input);
  const input = await validate(task.input, stored, 'InvalidInput', 'input');
  const key = cacheKeyOf(registered, run, input, stored);
  const hit = key === undefined ? undefined : await readCached(ports, key);
  if (hit !== undefined) return { text: hit, cached: true };
  const returned = await task.run(input as never, ctx);
  const output = task.output ? await validate(task.output, returned, 'InvalidOutput', 'output') : returned;
  const text = serialize(output, 'output');
  if (key === undefined) return { text, cached: false };
  return { text: await shareResult(ports, registered, key, text), cached: false };
}

function refused(verdict: Verdict, logger: Logger): Verdict {
  logger.info('not ours to run', { because: verdict.because });
  return verdict;
}

function resultOf(outcome: Outcome, cached: boolean, checkpoint: Packed | undefined): Result | undefined {
  switch (outcome.outcome) {
    case 'returned':
      return { kind: 'value', text: outcome.value as string, cached };
    case 'threw':
      return { kind: 'error', thrown: outcome.thrown, checkpoint };
    case 'yielded':
      return { kind: 'yield', checkpoint: outcome.checkpoint };
    case 'cancelled':
      return { kind: 'cancelled' };
    case 'lost':
      return undefined;
  }
}
