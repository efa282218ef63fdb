import type { Path, Transition } from '../../lib/model/transition.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { Applied } from '../../lib/ports/run-store.ts';
import type { LeaseEvent } from '../../lib/testing/lease-history.ts';
import { leaseAnswerOf, leaseRequestOf } from '../../lib/testing/lease-request.ts';

/** Requests follow each other by so much, where the clock stands still. */
const tickMs = 1 / 1_024;

/** Collects what senders did to the leases of nodes. A sender is known by the fence that its write shows. */
export class LeaseLog {
  readonly events: LeaseEvent[] = [];
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Notes a request; until the result is called back it counts as one without an answer. */
  sent(transition: Transition): (result: Applied) => void {
    const { epoch, owner } = senderOf(transition);
    const request = leaseRequestOf(transition, epoch);
    if (!request) return () => {};
    const node = `${transition.key.tenant}/${transition.key.run}`;
    const sentAt = this.#tick();
    const event = { node, owner, sentAt, answeredAt: sentAt, request };
    const index = this.events.push({ ...event, answer: { answer: 'none' } }) - 1;
    return (result) => {
      const answer = leaseAnswerOf(result, owner, request);
      this.events[index] = { ...event, answeredAt: this.#tick(), answer };
    };
  }

  #tick(): number {
    this.#last = Math.max(this.#last + tickMs, this.#clock.now());
    return this.#last;
  }
}

function senderOf({ guards, updates }: Transition): { owner: string; epoch: number } {
  const guarded = (last: string) => {
    const found = guards.find((guard) => guard.is === '=' && inNode(guard.path, last));
    return found && 'value' in found ? found.value : undefined;
  };
  const claimed = updates.find((update) => 'value' in update && inNode(update.set, 'lease'));
  const lease = claimed && 'value' in claimed ? (claimed.value as { nonce: string }) : undefined;
  return { owner: lease?.nonce ?? String(guarded('nonce') ?? ''), epoch: Number(guarded('epoch') ?? 0) };
}

const inNode = (path: Path, last: string) => path[0] === 'nodes' && path.at(-1) === last;
