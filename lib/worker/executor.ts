import type { Nonce } from '../model/ids.ts';
import type { DispatchMessage } from '../model/message.ts';
import { type EpochMs, toSec } from '../model/time.ts';
import { type ClockOffset, isOff } from '../ports/clock-offset.ts';
import type { Logger } from '../ports/logger.ts';
import { isReadable } from '../ports/run-store.ts';
import { foreignDeferMs } from '../protocol/limits.ts';
import { traceAttempt } from '../trace/attempt-trace.ts';
import { measureAttempt, measureClaim, measureExhausted } from '../trace/metrics.ts';
import { acquire, type Held } from './acquire.ts';
import { Attempt, type AttemptOptions } from './attempt.ts';
import { acknowledge, type Delivery, defer, type Verdict } from './delivery.ts';
import { NodeRun, notImplemented } from './node-run.ts';
import type { WorkerPorts } from './ports.ts';
import type { Ended } from './settle.ts';
import type { Statistics } from './statistics.ts';
import { type Continued, join } from './tend.ts';

/**
 * Executes messages: claim, handler under a renewed lease, commit, and on with the next node while time allows. The
 * same for a Lambda, a container, a laptop. It does not receive or delete messages: the verdict says what to do with
 * them.
 */
export class Executor {
  readonly #ports: WorkerPorts;
  readonly #statistics: Statistics;
  readonly #attempts = new Set<Attempt>();
  /** Set once the worker is ending: nothing is gone on with, and what begins all the same is told. */
  #tellEnding: ((attempt: Attempt) => void) | undefined;

  constructor(ports: WorkerPorts, statistics: Statistics) {
    this.#ports = ports;
    this.#statistics = statistics;
  }

  /** Never rejects for what a handler does; rejects with `StoreUnreachable` when the store gives no answer. */
  async execute(delivery: Delivery): Promise<Verdict> {
    const { message } = delivery;
    const logger = this.#ports.logger.child({ run: message.run, node: message.node, tenant: message.tenant });
    const registered = this.#ports.registry.byHash(message.hash);
    if (!registered) return await this.#leave(message, logger);
    if (delivery.endsAt - this.#ports.clock.now() <= delivery.marginMs) return defer(0, 'DeadlineNear');
    const nodes = new NodeRun(this.#ports, registered, delivery, () => this.#tellEnding !== undefined);
    const missing = nodes.notImplemented(message.node);
    if (missing !== undefined) {
      logger.warn('task not implemented here: left to other workers', {
        code: 'TaskNotImplemented',
        task: missing,
      });
      return defer(toSec(foreignDeferMs), 'TaskNotImplemented');
    }
    const offset = this.#ports.clockOffset?.read();
    if (isOff(offset, this.#ports.settings.clockTolerance))
      return await this.#clockOff(message, offset, logger);
    const nonce = this.#ports.random.id() as Nonce;
    const claimBegan = this.#ports.clock.now();
    const acquired = await acquire(this.#ports, () => nodes.claimOf(message, nonce));
    if ('verdict' in acquired) return this.#refused(acquired, message.run, logger);
    if ('fence' in acquired) {
      measureClaim(acquired, claimBegan);
      return await this.#goThrough(nodes, acquired, logger, claimBegan);
    }
    const held = await join(
      { ports: this.#ports, options: nodes.commitOptions() },
      acquired.run,
      acquired.fork,
    );
    return held ? await this.#goThrough(nodes, held, logger) : acknowledge('Joined');
  }

  /** Whether this would not be left to other workers, as far as is known without asking the store. */
  canBegin({ hash, node }: DispatchMessage): boolean {
    const { clockOffset, registry, settings } = this.#ports;
    const registered = registry.byHash(hash);
    if (!registered || notImplemented(this.#ports, registered, node) !== undefined) return false;
    return !isOff(clockOffset?.read(), settings.clockTolerance);
  }

  /** Lets what runs come to its end. No node is gone on with: the next ones go to other workers. */
  finish(): void {
    this.#end(() => {});
  }

  /** Aborts what runs; each attempt is handed back without being counted. */
  shutDown(): void {
    this.#end((attempt) => attempt.shutDown());
  }

  #end(tell: (attempt: Attempt) => void): void {
    this.#tellEnding = tell;
    for (const attempt of this.#attempts) tell(attempt);
  }

  /** One node after the other, as long as each gives its holder the next. */
  async #goThrough(nodes: NodeRun, first: Held, logger: Logger, claimBegan?: EpochMs): Promise<Verdict> {
    let ended = await this.#run(nodes, first, logger, claimBegan);
    while (ended.continued) ended = await this.#run(nodes, ended.continued, logger);
    return acknowledge(ended.settled);
  }

  async #run(nodes: NodeRun, held: Continued, logger: Logger, claimBegan?: EpochMs): Promise<Ended> {
    const { fence, run } = held;
    const about = nodes.about(run, fence.node);
    const { task } = about;
    const own = logger.child({ task, attempt: run.nodes[fence.node]?.attempt, epoch: fence.epoch });
    const trace = traceAttempt(this.#ports.clock, held, task, claimBegan);
    const given = { logger: own, about, trace };
    if (!trace) return await this.#attempt(nodes, held, given);
    return await trace.around(() => this.#attempt(nodes, held, given));
  }

  async #attempt(
    nodes: NodeRun,
    held: Continued,
    given: Pick<AttemptOptions, 'logger' | 'about' | 'trace'>,
  ): Promise<Ended> {
    const { clock } = this.#ports;
    const own = given.logger;
    const ports = { ...this.#ports, logger: own };
    const { leaseMs, timeoutMs } = nodes.policyOf(held.fence.node);
    const dependencies = () => nodes.dependenciesOf(held.run);
    const attempt = new Attempt(ports, held, nodes.delivery, { ...given, leaseMs, timeoutMs, dependencies });
    const started = clock.now();
    this.#attempts.add(attempt);
    // A commit that was on its way when the end came may have gone on to this node.
    this.#tellEnding?.(attempt);
    this.#statistics.begin();
    if (held.takenOver) {
      this.#statistics.takeovers += 1;
      own.warn('taken over from an owner that was silent past its lease');
    }
    let ended: Ended = { settled: 'lost' };
    try {
      ended = await nodes.perform(ports, attempt, held, given.trace);
      own.info('attempt ended', { settled: ended.settled, durationMs: clock.now() - started });
      return ended;
    } finally {
      await attempt.keeper.rest();
      this.#attempts.delete(attempt);
      const durationMs = clock.now() - started;
      this.#statistics.end(ended.settled, durationMs);
      measureAttempt(held, given.about.task, ended.settled, ended.error, durationMs);
    }
  }

  /** Leases are judged by this machine's clock: while it is wrong, they are left to others. */
  async #clockOff(message: DispatchMessage, { doubtMs, ms }: ClockOffset, logger: Logger): Promise<Verdict> {
    logger.error('the clock of this machine is off: nothing is claimed', {
      code: 'ClockOff',
      offsetMs: Math.round(ms),
      doubtMs: Math.round(doubtMs),
    });
    // Its answer tells whether it still is, where nothing else is asked any more.
    await this.#ports.runs.get(message);
    return defer(toSec(foreignDeferMs), 'ClockOff');
  }

  /** A definition that is not here: what the run is of is read once, to say why it is left to others. */
  async #leave(message: DispatchMessage, logger: Logger): Promise<Verdict> {
    const run = await this.#ports.runs.get(message);
    if (run === undefined) return this.#refused(acknowledge('NotFound'), message.run, logger);
    if (isReadable(run) && run.phase !== 'active') return acknowledge('Finished');
    const name = isReadable(run) ? run.name : undefined;
    const code = this.#ports.registry.obstacle(message.hash, name)?.code ?? 'TaskNotFound';
    logger.warn('definition not registered here: left to other workers', { code, name, hash: message.hash });
    return defer(toSec(foreignDeferMs), code);
  }

  #refused(verdict: Verdict, executionId: string, logger: Logger): Verdict {
    if (verdict.because === 'AttemptsExhausted') {
      this.#statistics.exhausted += 1;
      measureExhausted();
    }
    if (verdict.because !== 'NotFound') {
      logger.info('not ours to run', { because: verdict.because });
      return verdict;
    }
    // A message whose run is gone or never was: told as a result of its own, and nothing is written.
    const { workerId } = this.#ports;
    const result = { executionId, success: false, errorType: 'ContextNotFound', workerId, durationMs: 0 };
    logger.error('execution context not found', result);
    this.#statistics.contextsNotFound += 1;
    return acknowledge('ContextNotFound');
  }
}
