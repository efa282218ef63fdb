import { noMetrics } from '../../lib/compose/powertools-metrics.ts';
import { defaultPool } from '../../lib/config/pools.ts';
import { type ServePorts, serve } from '../../lib/worker/serve.ts';
import { MemoryInbox } from './memory-inbox.ts';
import type { VirtualSystem } from './virtual-system.ts';

/** A worker on the in-memory adapters of a system, under its clock. */
export class VirtualWorker {
  readonly inbox: MemoryInbox;
  readonly ended: Promise<void>;
  isReady = false;
  /** Messages whose work another one did. */
  duplicates = 0;
  /** `ended` has resolved, or rejected with this. */
  end: { readonly thrown?: unknown } | undefined;
  readonly #system: VirtualSystem;
  readonly #id: string;
  readonly #stop = new AbortController();
  readonly #abort = new AbortController();

  constructor(system: VirtualSystem, over: Partial<ServePorts> = {}, id = 'worker-1') {
    this.#system = system;
    this.#id = id;
    this.inbox = new MemoryInbox(system.queue, system.clock);
    const ports = { ...system.ports(id), metrics: noMetrics, inbox: this.inbox, ...over };
    const onDuplicate = () => {
      this.duplicates += 1;
    };
    const options = { pool: defaultPool, endpoint: 'http://store', onDuplicate };
    const onReady = () => {
      this.isReady = true;
    };
    this.ended = serve(ports, options, { stop: this.#stop.signal, abort: this.#abort.signal, onReady });
    this.ended.then(
      () => {
        this.end = {};
      },
      (thrown) => {
        this.end = { thrown };
      },
    );
  }

  stop(): void {
    this.#stop.abort();
  }

  abort(): void {
    this.#stop.abort();
    this.#abort.abort();
  }

  /** How it described itself last. */
  async record() {
    return (await this.#system.workers.list()).find(({ id }) => id === this.#id);
  }
}
