import { type Run, type RunKey, soleNode } from '../../model/run.ts';
import type { EpochMs, Ms } from '../../model/time.ts';
import type { Creation, Transition } from '../../model/transition.ts';
import { type Applied, type IndexPage, type IndexQuery, shardCount } from '../../ports/run-store.ts';
import type { Fence } from '../../protocol/guards.ts';
import { applyTransition } from '../apply-transition.ts';
import { brokenByWrite, brokenInRun } from '../invariants.ts';
import type { Execution } from './execution.ts';
import type { Timeline } from './timeline.ts';

interface Version {
  readonly since: EpochMs;
  readonly run: Run;
}

interface Indexed {
  readonly visibleAt: EpochMs;
  readonly run: Run;
}

interface Row {
  readonly versions: Version[];
  readonly index: Indexed[];
}

/** Who writes. */
export interface Writer {
  readonly skewMs: Ms;
  readonly execution: Execution | undefined;
}

const holders: ReadonlySet<string> = new Set(['renew', 'commit', 'retry', 'yield']);

/** The runs themselves, with their past, an index that is behind, and a check of every write. */
export class Table {
  readonly broken: string[] = [];
  readonly #timeline: Timeline;
  readonly #lag: () => Ms;
  readonly #rows = new Map<string, Row>();
  /** Spoils what is written, to see that it is noticed. */
  readonly #tamper: (transition: Transition) => Transition;

  constructor(timeline: Timeline, lag: () => Ms, tamper: (transition: Transition) => Transition) {
    this.#timeline = timeline;
    this.#lag = lag;
    this.#tamper = tamper;
  }

  create({ run }: Creation): Applied {
    const existing = this.get(run);
    if (existing) return { applied: false, run: existing };
    this.#rows.set(textOf(run), { versions: [], index: [] });
    this.#store(run);
    return { applied: true, run };
  }

  apply(given: Transition, writer: Writer): Applied {
    const before = this.get(given.key);
    if (!before) return { applied: false, run: undefined };
    const transition = this.#tamper(given);
    const after = applyTransition(before, transition);
    if (!after) return { applied: false, run: before };
    this.#check(before, after, transition, writer);
    this.#store(after);
    return { applied: true, run: after };
  }

  get(key: RunKey): Run | undefined {
    return this.#rows.get(textOf(key))?.versions.at(-1)?.run;
  }

  /** The run as it was so long ago. */
  getPast(key: RunKey, age: Ms): Run | undefined {
    const moment = this.#timeline.now - age;
    const versions = this.#rows.get(textOf(key))?.versions ?? [];
    return versions.findLast(({ since }) => since <= moment)?.run;
  }

  all(): Run[] {
    return [...this.#rows.values()].flatMap(({ versions }) => versions.at(-1)?.run ?? []);
  }

  query({
    phase,
    shard,
    until = Number.POSITIVE_INFINITY,
    newestFirst,
    limit,
    cursor,
  }: IndexQuery): IndexPage {
    const from = Number(cursor ?? 0);
    const named = [...this.#rows.values()]
      .flatMap(({ index }) => index.findLast(({ visibleAt }) => visibleAt <= this.#timeline.now)?.run ?? [])
      .filter((run) => run.phase === phase && run.at <= until && shardOf(run) === shard)
      .sort((a, b) => (newestFirst ? b.at - a.at : a.at - b.at));
    const entries = named.slice(from, from + limit).map(({ tenant, run, at }) => ({ tenant, run, at }));
    const next = from + entries.length;
    return { entries, ...(next < named.length && { cursor: String(next) }) };
  }

  #store(run: Run): void {
    const row = this.#rows.get(textOf(run));
    row?.versions.push({ since: this.#timeline.now, run });
    // Changes reach the index in their order.
    const visibleAt = Math.max(this.#timeline.now + this.#lag(), row?.index.at(-1)?.visibleAt ?? 0);
    row?.index.push({ visibleAt, run });
  }

  #check(before: Run, after: Run, transition: Transition, { execution, skewMs }: Writer): void {
    const fence: Fence | undefined =
      execution && holders.has(transition.name)
        ? { node: soleNode, epoch: execution.epoch, nonce: execution.nonce as Fence['nonce'] }
        : undefined;
    const hash = execution && { hash: execution.hash };
    const checked = { transition, skewMs, ...(fence && { fence }), ...hash };
    const broken = [...brokenByWrite(before, after, checked, this.#timeline.now), ...brokenInRun(after)];
    this.broken.push(...broken.map((each) => `${each} (${transition.name} of ${after.run})`));
  }
}

const textOf = ({ tenant, run }: RunKey) => `${tenant}/${run}`;

function shardOf({ run }: RunKey): number {
  let sum = 0;
  for (let index = 0; index < run.length; index++) sum = (sum * 31 + run.charCodeAt(index)) % 65_521;
  return sum % shardCount;
}
