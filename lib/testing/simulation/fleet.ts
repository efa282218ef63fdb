import type { Ms } from '../../model/time.ts';
import type { Queue } from '../../ports/queue.ts';
import { defer } from '../../worker/delivery.ts';
import { Executor } from '../../worker/executor.ts';
import { Heartbeat } from '../../worker/heartbeat.ts';
import { Statistics } from '../../worker/statistics.ts';
import type { Cloud, Ports } from './cloud.ts';
import { Execution, executions } from './execution.ts';
import type { Received } from './queue.ts';
import type { Sandbox } from './sandbox.ts';

const functionTimeoutMs: Ms = 90_000;
const visibilityMs: Ms = 6 * functionTimeoutMs;
const environmentsMax = 4;
const batchMax = 10;

/** One execution environment, kept for further invocations. */
interface Environment {
  readonly sandbox: Sandbox;
  readonly queue: Queue;
  readonly executor: Executor;
  readonly heartbeat: Heartbeat;
  isBusy: boolean;
}

/**
 * The executors: Lambda's mapping from the queue, and environments that are reused while warm, frozen between
 * invocations and killed at their deadline.
 */
export class Fleet {
  readonly #cloud: Cloud;
  readonly #environments = new Set<Environment>();
  #count = 0;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
    cloud.queue.onVisible = () => cloud.timeline.after(cloud.prng.between(0, 500), () => this.#poll());
  }

  get isBusy(): boolean {
    return [...this.#environments].some(({ isBusy }) => isBusy);
  }

  #poll(): void {
    const environment = this.#idle();
    if (!environment) return;
    const received = this.#cloud.queue.receive(batchMax, visibilityMs);
    if (received.length > 0) void this.#invoke(environment, received);
  }

  #idle(): Environment | undefined {
    const warm = [...this.#environments].filter(({ isBusy }) => !isBusy);
    const isFull = this.#environments.size >= environmentsMax;
    if (warm.length > 0 && (isFull || this.#cloud.prng.chance(0.7))) return this.#cloud.prng.pick(warm);
    return isFull ? undefined : this.#start();
  }

  #start(): Environment {
    const name = `executor-${++this.#count}`;
    const ports = this.#cloud.process(name);
    const statistics = new Statistics();
    const { sandbox } = ports;
    const environment: Environment = {
      sandbox,
      queue: ports.queue,
      executor: new Executor(withNonces(ports), statistics),
      heartbeat: new Heartbeat(ports, ports.workers, statistics, { pool: 'default', kind: 'lambda' }),
      isBusy: false,
    };
    sandbox.onDeath(() => {
      this.#environments.delete(environment);
      this.#cloud.timeline.after(1_000, () => this.#poll());
    });
    this.#environments.add(environment);
    return environment;
  }

  async #invoke(environment: Environment, received: readonly Received[]): Promise<void> {
    const { heartbeat, sandbox } = environment;
    environment.isBusy = true;
    sandbox.resume();
    const deadline = this.#cloud.timeline.after(functionTimeoutMs, () => {
      this.#cloud.trace(`${sandbox.name} reaches its deadline`);
      sandbox.kill();
    });
    const endsAt = sandbox.now() + functionTimeoutMs;
    await heartbeat.during(() =>
      Promise.all(received.map((each) => this.#execute(environment, each, endsAt))),
    );
    deadline.cancel();
    environment.isBusy = false;
    sandbox.suspend();
    this.#cloud.timeline.after(0, () => this.#poll());
  }

  async #execute(
    { executor, queue, sandbox }: Environment,
    { message, receipt }: Received,
    endsAt: number,
  ): Promise<void> {
    const execution = new Execution({ host: sandbox, hash: message.hash, effects: this.#cloud.effects });
    const delivery = { message, receipt, endsAt, marginMs: functionTimeoutMs / 5 };
    await executions.run(execution, async () => {
      const verdict = await executor.execute(delivery).catch(() => defer(5, 'Error'));
      this.#cloud.trace(`${message.run} ${verdict.verdict}: ${verdict.because}`);
      if (verdict.verdict === 'acknowledge') this.#cloud.queue.delete(receipt);
      else await queue.extend(receipt, verdict.visibility);
    });
  }
}

/** An execution knows which identifiers are its own: one of them is the nonce of each of its leases. */
function withNonces(ports: Ports): Ports {
  const id = () => {
    const drawn = ports.random.id();
    executions.getStore()?.drew(drawn);
    return drawn;
  };
  return { ...ports, random: { fraction: ports.random.fraction, id } };
}
