import { type Run, soleNode } from '../../model/run.ts';
import type { EpochMs } from '../../model/time.ts';
import type { Transition } from '../../model/transition.ts';
import type { Applied } from '../../ports/run-store.ts';
import type { LeaseEvent } from '../lease-history.ts';
import { leaseAnswerOf, leaseRequestOf, outputOf } from '../lease-request.ts';
import type { Execution } from './execution.ts';

/** Collects the lease histories of all nodes, each request as its sender saw it. */
export class LeaseRecorder {
  readonly #events: (LeaseEvent | undefined)[] = [];

  /** In the order in which they took effect: the checker finds its own, but is quick when it tries this one first. */
  get events(): LeaseEvent[] {
    return this.#events.flatMap((event) => event ?? []);
  }

  /**
   * Notes a request that has just been decided; call what comes back when its answer has come. One that was refused
   * and whose sender never learned it is left out: for nobody did it happen.
   */
  decided(
    transition: Transition,
    execution: Execution | undefined,
    { applied, now, sentAt }: { applied: Applied; now: EpochMs; sentAt: EpochMs },
  ): (answeredAt: EpochMs) => void {
    const request = leaseRequestOf(transition, execution?.epoch ?? 0);
    if (!request) return () => {};
    const index = this.#events.length;
    const owner = execution?.nonce ?? 'discovery or client';
    const node = `${transition.key.tenant}/${transition.key.run}`;
    const event = { node, owner, sentAt, answeredAt: sentAt, request };
    this.#events.push(applied.applied ? { ...event, effectBy: now, answer: { answer: 'none' } } : undefined);
    return (answeredAt) => {
      this.#events[index] = { ...event, answeredAt, answer: leaseAnswerOf(applied, owner, request) };
    };
  }

  /** Notes how a run stands. */
  read(run: Run, now: EpochMs): void {
    const node = run.nodes[soleNode];
    if (!node) return;
    const output = node.status === 'succeeded' && node.output ? outputOf(node.output) : undefined;
    this.#events.push({
      node: `${run.tenant}/${run.run}`,
      owner: 'reader',
      sentAt: now,
      answeredAt: now,
      request: { asks: 'read' },
      answer: {
        answer: 'seen',
        epoch: node.epoch,
        status: node.status,
        ...(output !== undefined && { output }),
      },
    });
  }
}
