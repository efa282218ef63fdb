import { AsyncLocalStorage } from 'node:async_hooks';
import type { DefinitionHash, NodeId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { EpochMs, Ms } from '../../model/time.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Sender } from '../lease-request.ts';

/** The process that a message is executed in. */
export interface Host extends Clock {
  pause(ms: Ms): Promise<void>;
}

interface Told extends Sender {
  /** By its own clock. */
  readonly since: EpochMs;
}

interface Surroundings {
  readonly host: Host;
  readonly hash: DefinitionHash;
  /** Receives the pieces of work that handlers finished, by their idempotency keys. */
  readonly effects: Set<string>;
}

/**
 * One message being executed, from node to node: what it may write is judged by the leases that it was told to have,
 * not by what it sends.
 */
export class Execution {
  readonly host: Host;
  readonly hash: DefinitionHash;
  readonly effects: Set<string>;
  readonly #drawn = new Set<string>();
  readonly #told = new Set<string>();
  readonly #leases = new Map<NodeId, Told>();
  readonly #startedAt: EpochMs;

  constructor({ effects, hash, host }: Surroundings) {
    this.host = host;
    this.hash = hash;
    this.effects = effects;
    this.#startedAt = host.now();
  }

  /** It drew an identifier, which may become the nonce of a lease. */
  drew(id: string): void {
    this.#drawn.add(id);
  }

  hasDrawn(id: string): boolean {
    return this.#drawn.has(id);
  }

  /** What comes back from any write, applied or refused, shows the leases that are its own. */
  told(run: Run): void {
    for (const [path, node] of Object.entries(run.nodes)) {
      if (node.status !== 'running') continue;
      const { nonce } = node.lease;
      const fence = `${node.epoch} ${nonce}`;
      if (!this.#drawn.has(nonce) || this.#told.has(fence)) continue;
      this.#told.add(fence);
      this.#leases.set(path as NodeId, { owner: nonce, epoch: node.epoch, since: this.host.now() });
    }
  }

  /** The lease that it holds on a node, or held last. */
  leaseOf(node: NodeId): Sender | undefined {
    return this.#leases.get(node);
  }

  /** Before this it cannot have planned what it writes about the node. */
  earliestPlan(node: NodeId | undefined): EpochMs {
    const told = node === undefined ? undefined : this.#leases.get(node);
    return told?.since ?? this.#startedAt;
  }
}

export const executions = new AsyncLocalStorage<Execution>();
