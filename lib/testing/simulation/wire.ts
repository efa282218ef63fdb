import { HoldfastError } from '../../model/errors.ts';
import type { Ms } from '../../model/time.ts';
import type { FaultKind, Faults } from './faults.ts';
import type { Prng } from './prng.ts';
import type { Sandbox } from './sandbox.ts';
import type { Timeline } from './timeline.ts';

/** How often a client library sends a request before it gives up. */
const triesMax = 3;
const requestTimeoutMs: Ms = 2_000;
const lateMsMax: Ms = 120_000;

export const readFaults = [
  'throttle',
  'response lost',
  'crash before',
  'crash after',
  'freeze before',
  'freeze after',
] as const satisfies readonly FaultKind[];
export const writeFaults = [...readFaults, 'applied late'] as const satisfies readonly FaultKind[];

/** What one sending of a request is told of; a request may be sent several times. */
export interface Sending<T> {
  /** Takes effect. At most once for each sending. */
  perform(): T | Promise<T>;
  /** The answer came back to its sender. */
  answered?(result: T): void;
  /** The answer may be old anyway: where nothing goes wrong it takes no time. */
  readonly isOld?: true;
}

export interface WireOptions {
  readonly timeline: Timeline;
  readonly faults: Faults;
  readonly prng: Prng;
  /** Frozen processes stand still for up to two leases, or for up to ten: long enough to be taken over. */
  readonly leaseMs: Ms;
  readonly trace: (line: string) => void;
}

/** What lies between one process and a service: latency, and all that goes wrong with requests and their senders. */
export class Wire {
  readonly sandbox: Sandbox;
  readonly #options: WireOptions;

  constructor(sandbox: Sandbox, options: WireOptions) {
    this.sandbox = sandbox;
    this.#options = options;
  }

  /**
   * @throws HoldfastError `unreachable` when no answer came in time
   */
  async request<T>(
    step: string,
    kinds: readonly FaultKind[],
    send: () => Sending<T>,
    unreachable: 'StoreUnreachable' | 'QueueUnreachable' = 'StoreUnreachable',
  ): Promise<T> {
    for (let tries = 1; tries <= triesMax; tries++) {
      const answer = await this.#sendOnce(step, kinds, send());
      if (answer) return answer.result;
      await this.sandbox.pause(this.#options.prng.between(50, 100 * 2 ** tries));
    }
    throw new HoldfastError(unreachable, `${step} gave no answer`);
  }

  /** A fault that is no matter of requests and answers, if one strikes. */
  draw(step: string, kinds: readonly FaultKind[]): FaultKind | undefined {
    return this.#options.faults.draw(this.sandbox.name, step, kinds);
  }

  /** Undefined when no answer came. */
  async #sendOnce<T>(
    step: string,
    kinds: readonly FaultKind[],
    { answered, isOld, perform }: Sending<T>,
  ): Promise<{ result: T } | undefined> {
    const { prng, timeline, trace } = this.#options;
    const fault = this.draw(step, kinds);
    trace(`${this.sandbox.name} ${step}${fault ? ` ! ${fault}` : ''}`);
    if (isOld && fault === undefined) return { result: await perform() };
    if (fault === 'freeze before') this.#freeze();
    await this.sandbox.pause(prng.between(1, 15));
    switch (fault) {
      case 'throttle':
        return undefined;
      case 'crash before':
        this.sandbox.kill();
        return this.#forever();
      case 'applied late':
        timeline.after(prng.between(requestTimeoutMs, lateMsMax), () => void perform());
        await this.sandbox.pause(requestTimeoutMs);
        return undefined;
    }
    const result = await perform();
    if (fault === 'crash after') {
      this.sandbox.kill();
      return this.#forever();
    }
    if (fault === 'freeze after') this.#freeze();
    if (fault === 'response lost') {
      await this.sandbox.pause(requestTimeoutMs);
      return undefined;
    }
    await this.sandbox.pause(prng.between(1, 15));
    answered?.(result);
    return { result };
  }

  #freeze(): void {
    const { leaseMs, prng } = this.#options;
    this.sandbox.freeze(prng.between(1_000, leaseMs * (prng.chance(0.5) ? 2 : 10)));
  }

  #forever(): Promise<never> {
    return new Promise(() => {});
  }
}
