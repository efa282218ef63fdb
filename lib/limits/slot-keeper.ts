import { HoldfastError } from '../model/errors.ts';
import type { LimitKey } from '../model/limit.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Timer } from '../ports/clock.ts';
import type { LimitPorts } from './ports.ts';
import type { Holding } from './within-limit.ts';

/** How long a handler is waited for that goes on although its attempt is no longer wanted: as long as a function may take. */
const patienceMs: Ms = 900_000;

/**
 * Renews a slot every third of the lease, until it is stopped or lost. A handler that goes on after its timeout, say, is
 * still at it, and keeps its slot; one that has not ended a quarter of an hour after that is waited for no longer.
 */
export class SlotKeeper {
  readonly #ports: LimitPorts;
  readonly #limit: LimitKey;
  readonly #holding: Holding;
  #tick: Timer;
  #inFlight: Promise<void> = Promise.resolve();
  #ended = false;
  #unwantedSince: EpochMs | undefined;

  constructor(ports: LimitPorts, limit: LimitKey, holding: Holding) {
    this.#ports = ports;
    this.#limit = limit;
    this.#holding = holding;
    this.#tick = this.#schedule();
    holding.signal.addEventListener('abort', this.#onAbort, { once: true });
    if (holding.signal.aborted) this.#onAbort();
  }

  /** Resolves once no renewal is in flight. */
  async stop(): Promise<void> {
    this.#end();
    this.#holding.signal.removeEventListener('abort', this.#onAbort);
    await this.#inFlight;
  }

  #end(): void {
    this.#ended = true;
    this.#tick.cancel();
  }

  readonly #onAbort = (): void => {
    this.#unwantedSince = this.#ports.clock.now();
  };

  #schedule(): Timer {
    const renew = () => {
      this.#inFlight = this.#renew();
    };
    return this.#ports.clock.after(this.#holding.leaseMs / 3, renew, { background: true });
  }

  async #renew(): Promise<void> {
    const { clock, limits, logger } = this.#ports;
    const { endsAt, fence, leaseMs, lose } = this.#holding;
    const { name } = this.#limit;
    const now = clock.now();
    if (now >= Math.min(endsAt, (this.#unwantedSince ?? now) + patienceMs)) {
      this.#end();
      logger.error('slot given up: its handler goes on, long after its end', { limit: name });
      return;
    }
    const until = Math.min(now + leaseMs, endsAt);
    try {
      const isHeld = await limits.renew(this.#limit, fence.nonce, until);
      if (!isHeld && !this.#ended) {
        this.#end();
        logger.error('slot lost: it was not renewed in time', { limit: name });
        lose(new HoldfastError('LeaseLost', `The slot of the limit ${name} was lost to another owner`));
      }
    } catch (error) {
      if (!this.#ended)
        logger.warn('store unreachable: slot not renewed, trying again', { limit: name, error });
    }
    if (!this.#ended) this.#tick = this.#schedule();
  }
}
