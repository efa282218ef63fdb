import type { NodeId } from '../../lib/model/ids.ts';
import type { Lease, Run, RunKey, RunNode } from '../../lib/model/run.ts';
import type { Creation, Transition } from '../../lib/model/transition.ts';
import { nodeWrittenBy } from '../../lib/testing/lease-request.ts';
import { MemoryRunStore } from '../../lib/testing/memory-stores.ts';
import { brokenAmong } from '../../lib/testing/relations.ts';
import { executions } from '../../lib/testing/simulation/execution.ts';
import { pieceKey } from '../../lib/testing/simulation/piece-key.ts';

const holderWrites: ReadonlySet<string> = new Set([
  'await',
  'commit',
  'pathCommit',
  'renew',
  'retry',
  'yield',
]);
const commits: ReadonlySet<string> = new Set(['commit', 'pathCommit']);
/** What may still be written on a run that has ended: its duties are done, or looked after later. */
const afterEnd: ReadonlySet<string> = new Set(['leave', 'look']);

const leaseOf = (node: RunNode | undefined): Lease | undefined =>
  node?.status === 'running' ? node.lease : undefined;

const hasSignal = ({ nodes, signals = [] }: Run, node: NodeId): boolean =>
  signals.some(({ name }) => name === nodes[node]?.signal?.name);

/** Records every write, to see that what ended stays ended, and that runs keep what they owe each other. */
export class WitnessStore extends MemoryRunStore {
  /** The runs that ended, each as often as it did. */
  readonly ended: string[] = [];
  readonly faultsSeen: string[] = [];
  /** What handlers did, and whose results were taken, by their idempotency keys. */
  readonly effects = new Set<string>();
  readonly committed = new Map<string, NodeId>();
  readonly #keys: RunKey[] = [];

  get allEnded(): boolean {
    return this.#keys.length > 0 && this.ended.length >= this.#keys.length;
  }

  all(): Promise<readonly Run[]> {
    return this.getMany(this.#keys);
  }

  /** What is wrong once everything should be over: a run that goes on or owes something, or ended more than once. */
  async notOver(): Promise<string[]> {
    const all = await this.all();
    return all.flatMap(({ expires, phase, run }) => {
      const ends = this.ended.filter((ended) => ended === run).length;
      return [
        ...(ends === 1 ? [] : [`${run} ended ${ends} times`]),
        ...(expires === undefined ? [`${run} is still ${phase}`] : []),
      ];
    });
  }

  override async create(creation: Creation) {
    const result = await super.create(creation);
    if (!result.applied) return result;
    const { run } = result;
    this.#keys.push({ tenant: run.tenant, run: run.run });
    // A tombstone has never begun.
    if (run.endedAt !== undefined) this.ended.push(run.run);
    await this.#checkAmong();
    return result;
  }

  override async apply(transition: Transition) {
    const before = await this.get(transition.key);
    const result = await super.apply(transition);
    if (result.applied && before) await this.#check(transition, before, result.run);
    return result;
  }

  async #check(transition: Transition, before: Run, after: Run): Promise<void> {
    const { name } = transition;
    if (before.endedAt !== undefined && !(before.phase === 'ending' && afterEnd.has(name)))
      this.faultsSeen.push(`${name} changed a run that had ended (I2)`);
    if (after.epoch < before.epoch) this.faultsSeen.push(`${name} lowered the epoch (I7)`);
    for (const [path, node] of Object.entries(after.nodes)) {
      if (node.attempt > node.attemptsMax) this.faultsSeen.push(`${name} began one attempt too many (I8)`);
      const lease = leaseOf(node);
      const old = leaseOf(before.nodes[path as NodeId]);
      // What a write leaves alone was looked after before.
      if (lease === undefined || (lease.nonce === old?.nonce && lease.until === old.until)) continue;
      if (before.control && lease.nonce !== old?.nonce)
        this.faultsSeen.push(`${name} started ${path} of a run that was stopped (I13)`);
      if (after.phase === 'active' && after.at > lease.until + 5_001)
        this.faultsSeen.push(`${name} left the lease of ${path} without a look in time (I9)`);
    }
    if (before.endedAt === undefined && after.endedAt !== undefined) this.ended.push(after.run);
    await this.#checkAmong();
    const node = nodeWrittenBy(transition);
    if (node === undefined) return;
    if (name === 'timeOut' && hasSignal(before, node))
      this.faultsSeen.push(`${node} timed out while its signal was there (I15)`);
    if (holderWrites.has(name)) this.#checkHolder(name, before, node);
    if (commits.has(name)) this.#checkCommit(before, after, node);
  }

  async #checkAmong(): Promise<void> {
    if (this.#keys.length > 1) this.faultsSeen.push(...brokenAmong(await this.all()));
  }

  /** Whoever writes as a holder has the lease: its nonce is one that this execution drew. */
  #checkHolder(name: string, before: Run, node: NodeId): void {
    const old = before.nodes[node];
    const isHeld = old?.status === 'running' && executions.getStore()?.hasDrawn(old.lease.nonce);
    if (!isHeld) this.faultsSeen.push(`${name} of ${node} by one who does not hold it (I5)`);
  }

  #checkCommit(before: Run, after: Run, node: NodeId): void {
    const status = after.nodes[node]?.status;
    if (status === 'failed' || status === 'cancelled') return;
    const key = pieceKey(before, node);
    if (this.committed.has(key)) this.faultsSeen.push(`the result of ${key} was committed twice`);
    this.committed.set(key, node);
  }
}
