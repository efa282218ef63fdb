import type { NodeId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { EpochMs } from '../../model/time.ts';
import type { Transition } from '../../model/transition.ts';
import type { Applied } from '../../ports/run-store.ts';
import type { LeaseAnswer, LeaseEvent, LeaseRequest } from '../lease-history.ts';
import {
  type Asked,
  leaseAnswerOf,
  leaseEffectsOf,
  leaseRequestOf,
  openingsOfRun,
  outputOf,
  type Sender,
} from '../lease-request.ts';

/** Who has no lease, and writes. */
const nobody: Sender = { owner: 'discovery or client', epoch: 0 };

/** Collects the lease histories of all nodes, each request as its sender saw it. */
export class LeaseRecorder {
  readonly #events: (LeaseEvent | undefined)[] = [];
  /** The nodes that a run ever had, without its loops. */
  readonly #nodes = new Map<string, Set<NodeId>>();

  /** In the order in which they took effect: the checker finds its own, but is quick when it tries this one first. */
  get events(): LeaseEvent[] {
    return this.#events.flatMap((event) => event ?? []);
  }

  /** Notes a run that has just come to be. */
  created(run: Run, now: EpochMs): void {
    const openings = openingsOfRun(run);
    this.#nodes.set(nameOf(run), new Set(openings.keys()));
    for (const [node, opening] of openings)
      this.#seen(run, node, now, { asks: 'open', opening }, { answer: 'granted' });
  }

  /**
   * Notes a request that has just been decided; call what comes back when its answer has come. One that was refused
   * and whose sender never learned it is left out: for nobody did it happen.
   */
  decided(
    transition: Transition,
    sender: Sender | undefined,
    { applied, now, sentAt }: { applied: Applied; now: EpochMs; sentAt: EpochMs },
  ): (answeredAt: EpochMs) => void {
    const asked = this.#asked(transition, sender ?? nobody, applied);
    const noted = asked.map((each) => {
      const { node, owner, request } = each;
      const event = { run: nameOf(transition.key), node, owner, sentAt, answeredAt: sentAt, request };
      const answer = leaseAnswerOf(applied, each);
      const none: LeaseAnswer = {
        answer: 'none',
        ...('epoch' in answer && answer.epoch !== undefined && { epoch: answer.epoch }),
      };
      const index = this.#events.length;
      this.#events.push(applied.applied ? { ...event, effectBy: now, answer: none } : undefined);
      return { index, event, answer };
    });
    return (answeredAt) => {
      for (const { answer, event, index } of noted) this.#events[index] = { ...event, answeredAt, answer };
    };
  }

  #asked(transition: Transition, sender: Sender, applied: Applied): readonly Asked[] {
    const own = leaseRequestOf(transition, sender);
    if (!applied.applied) return own ? [own] : [];
    const name = nameOf(transition.key);
    const known = this.#nodes.get(name) ?? new Set();
    this.#nodes.set(name, known);
    const effects = leaseEffectsOf(transition, sender, { known, run: applied.run });
    for (const { node } of effects) known.add(node);
    return effects;
  }

  /** Notes how the nodes of a run stand. */
  read(run: Run, now: EpochMs): void {
    for (const path of this.#nodes.get(nameOf(run)) ?? []) {
      const node = run.nodes[path];
      const output = node?.status === 'succeeded' && node.output ? outputOf(node.output) : undefined;
      this.#seen(
        run,
        path,
        now,
        { asks: 'read' },
        node
          ? {
              answer: 'seen',
              epoch: node.epoch,
              status: node.status,
              ...(output !== undefined && { output }),
            }
          : { answer: 'not seen' },
      );
    }
  }

  #seen(run: Run, node: NodeId, now: EpochMs, request: LeaseRequest, answer: LeaseAnswer): void {
    const own = { run: nameOf(run), node, owner: 'observer', sentAt: now, answeredAt: now };
    this.#events.push({ ...own, request, answer });
  }
}

const nameOf = ({ run, tenant }: Pick<Run, 'run' | 'tenant'>) => `${tenant}/${run}`;
