import { HoldfastError } from '../model/errors.ts';
import type { LimitKey } from '../model/limit.ts';
import type { Timer } from '../ports/clock.ts';
import type { LimitPorts } from './ports.ts';
import type { Holding } from './within-limit.ts';

/**
 * Renews a slot every third of the lease, until it is stopped, lost, or its attempt is no longer wanted: from then on it
 * lasts as long as was written, so that a handler that never ends does not hold it for ever.
 */
export class SlotKeeper {
  readonly #ports: LimitPorts;
  readonly #limit: LimitKey;
  readonly #holding: Holding;
  #tick: Timer;
  #inFlight: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(ports: LimitPorts, limit: LimitKey, holding: Holding) {
    this.#ports = ports;
    this.#limit = limit;
    this.#holding = holding;
    this.#tick = this.#schedule();
    holding.signal.addEventListener('abort', this.#end, { once: true });
    if (holding.signal.aborted) this.#end();
  }

  /** Resolves once no renewal is in flight. */
  async stop(): Promise<void> {
    this.#end();
    this.#holding.signal.removeEventListener('abort', this.#end);
    await this.#inFlight;
  }

  readonly #end = (): void => {
    this.#ended = true;
    this.#tick.cancel();
  };

  #schedule(): Timer {
    return this.#ports.clock.after(this.#holding.leaseMs / 3, () => {
      this.#inFlight = this.#renew();
    });
  }

  async #renew(): Promise<void> {
    const { clock, limits, logger } = this.#ports;
    const { endsAt, fence, leaseMs, lose } = this.#holding;
    const { name } = this.#limit;
    const until = Math.min(clock.now() + leaseMs, endsAt);
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
