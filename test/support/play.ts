import type { Shape } from '../../lib/model/definition.ts';
import type { DefinitionHash, NodeId, Nonce, RunId, TenantId } from '../../lib/model/ids.ts';
import type { Run, RunNode } from '../../lib/model/run.ts';
import type { EpochMs } from '../../lib/model/time.ts';
import type { Transition } from '../../lib/model/transition.ts';
import { awaitChild, type ChildEnd, type Notification, notifyParent } from '../../lib/protocol/child.ts';
import { claim } from '../../lib/protocol/claim.ts';
import { type Commit, type CommitOptions, commit } from '../../lib/protocol/commit.ts';
import type { Ending } from '../../lib/protocol/end.ts';
import type { Fence } from '../../lib/protocol/guards.ts';
import { type Look, look } from '../../lib/protocol/look.ts';
import type { NodePlan } from '../../lib/protocol/open.ts';
import { receiveSignal } from '../../lib/protocol/signal.ts';
import { type Submission, submit } from '../../lib/protocol/submit.ts';
import { applyTransition } from '../../lib/testing/apply-transition.ts';
import { start } from './sample-run.ts';

const key = { tenant: '-' as TenantId, run: 'r' as RunId };
const hash = 'h' as DefinitionHash;

/** A value that a node hands on. */
export const value = (text: string, decision?: string): Ending => ({
  status: 'succeeded',
  output: { text },
  cached: false,
  ...(decision !== undefined && { decision }),
});

/** The guards that refuse a write on a run, by name. */
export const refusedBy = (run: Run, { guards, ...write }: Transition): string[] =>
  guards.flatMap((each) =>
    applyTransition(run, { ...write, guards: [each], updates: [] }) ? [] : [each.guard],
  );

/** One run of a shape, written to by the protocol as a test tells it to, one applied write after the other. */
export class Play {
  run: Run;
  now: EpochMs = start;
  readonly #shape: Shape;
  readonly #planOf: (path: NodeId) => NodePlan;
  #nonces = 0;
  #children = 0;

  constructor(
    shape: Shape,
    plans: Readonly<Record<string, Partial<NodePlan>>> = {},
    over: Partial<Submission> = {},
  ) {
    this.#shape = shape;
    this.#planOf = (path) => ({ attemptsMax: 3, leaseMs: 60_000, ...plans[path] });
    const given = { kind: shape.kind, name: shape.name, hash, submission: 's', input: { text: 'in' } };
    const queue = { pool: 'default', priority: 'normal', tags: [] } as const;
    const plan = { shape, planOf: this.#planOf, delayMs: 0, nameChild: this.#nameChild };
    this.run = submit({ ...key, ...given, ...queue, ...plan, ...over }, this.now).creation.run;
  }

  node(path: string): RunNode | undefined {
    return this.run.nodes[path as NodeId];
  }

  /** Applies a write that must not be refused. */
  write(transition: Transition): void {
    const next = applyTransition(this.run, transition);
    if (!next) throw new Error(`${transition.name} was refused`);
    this.run = next;
  }

  claim(path: string): Fence {
    const node = path as NodeId;
    const nonce = this.#nonce();
    const leaseUntil = this.now + 60_000;
    this.write(claim({ key, node, hash, nonce, worker: 'w', leaseUntil }, this.now, this.run.at));
    return { node, epoch: this.run.epoch, nonce };
  }

  /** Sends a signal of its id as payload, which must not be refused. Gives back the nodes that are rung. */
  signal(name: string, id: string): string[] {
    const received = receiveSignal(this.run, { name, id, payload: { text: id } }, this.now);
    if (received.received !== 'write') throw new Error(`the signal ${id} was ${received.received}`);
    this.write(received.transition);
    return received.dispatches.map(({ message }) => message.node);
  }

  /** Starts the run that a node stands for, and lets go of the node. */
  startChild(path: string): void {
    this.write(awaitChild(this.run, this.claim(path)));
  }

  /** What tells a node how the run that it stands for has ended; it must not have been told before. */
  childEnds(path: string, end: ChildEnd): Extract<Notification, { readonly notified: false }> {
    const node = path as NodeId;
    const child = this.node(path)?.child?.run;
    const told = child && notifyParent(this.run, { node, child, end }, this.now);
    if (!told || told.notified) throw new Error(`there is nothing to tell ${path}`);
    return told;
  }

  /** Looks at the run as a discovery does in this moment; undefined where nothing is to be done yet. */
  look(): Look | undefined {
    const planned = look(this.run, {
      now: this.now,
      lookaheadMs: 60_000,
      repeatDoorbells: true,
      expires: 1,
    });
    if (planned) this.write(planned.transition);
    return planned;
  }

  /** How writes are made: going on inline unless told otherwise. */
  options(over: Partial<CommitOptions> = {}): CommitOptions {
    const inline = { nonce: this.#nonce(), worker: 'w', endsAt: this.now + 900_000 };
    const hops = { hop: 0, hopLimit: 64 };
    const named = { planOf: this.#planOf, nameChild: this.#nameChild };
    return { shape: this.#shape, ...named, now: this.now, expires: 1, ...hops, inline, ...over };
  }

  /** Ends a node, by the run as it stands or as it was seen. */
  end(fence: Fence, ending: Ending, over: Partial<CommitOptions> = {}, seen: Run = this.run): Commit {
    const planned = commit(seen, fence, ending, this.options(over));
    this.write(planned.transition);
    return planned;
  }

  /** Ends a node, and gives the lease on the one that its holder goes on with. */
  goOn(fence: Fence, ending: Ending): Fence {
    const { continues } = this.end(fence, ending);
    if (!continues) throw new Error(`nothing is gone on with after ${fence.node}`);
    return continues;
  }

  #nameChild = (): RunId => {
    this.#children += 1;
    return `child-${this.#children}` as RunId;
  };

  #nonce(): Nonce {
    this.#nonces += 1;
    return `nonce-${this.#nonces}` as Nonce;
  }
}
