import type { Run } from '../../lib/model/run.ts';
import type { Path, Transition } from '../../lib/model/transition.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { Applied } from '../../lib/ports/run-store.ts';
import type { LeaseEvent } from '../../lib/testing/lease-history.ts';
import type { Sender } from '../../lib/testing/lease-request.ts';
import { LeaseRecorder } from '../../lib/testing/simulation/lease-recorder.ts';

/** Requests follow each other by so much, where the clock stands still. */
const tickMs = 1 / 1_024;

/** Collects what senders did to the leases of nodes. A sender is known by the fence that its write shows. */
export class LeaseLog {
  readonly #recorder = new LeaseRecorder();
  readonly #clock: Clock;
  #last = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get events(): readonly LeaseEvent[] {
    return this.#recorder.events;
  }

  created(run: Run): void {
    this.#recorder.created(run, this.#tick());
  }

  /** Notes how a run stands in the end. */
  read(run: Run): void {
    this.#recorder.read(run, this.#tick());
  }

  /** Sends a request, and notes it; until the result is called back nobody has learned its answer. */
  async send(
    transition: Transition,
    apply: () => Promise<Applied>,
  ): Promise<{ applied: Applied; answered: () => void }> {
    const sentAt = this.#tick();
    const applied = await apply();
    const told = this.#recorder.decided(transition, senderOf(transition), {
      applied,
      sentAt,
      now: this.#tick(),
    });
    return { applied, answered: () => told(this.#tick()) };
  }

  #tick(): number {
    this.#last = Math.max(this.#last + tickMs, this.#clock.now());
    return this.#last;
  }
}

function senderOf({ guards }: Transition): Sender {
  const guarded = (last: string) => {
    const found = guards.find((guard) => guard.is === '=' && inNode(guard.path, last));
    return found && 'value' in found ? found.value : undefined;
  };
  return { owner: String(guarded('nonce') ?? ''), epoch: Number(guarded('epoch') ?? 0) };
}

const inNode = (path: Path, last: string) => path[0] === 'nodes' && path.at(-1) === last;
