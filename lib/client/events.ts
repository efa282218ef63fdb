import { HoldfastError } from '../model/errors.ts';
import { noTenant, type TenantId, tenantId } from '../model/ids.ts';
import { type Phase, type RunStatus, type Run as StoredRun, statusOf } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { IndexEntry } from '../ports/run-store.ts';
import type { EventsOptions, RunEvent } from './client.ts';
import { entriesSince, type ListedStore, readEntries, take } from './list.ts';
import type { Run } from './run-view.ts';

/*
 * There is no log of changes: the index is asked again and again. What has ended or was parked stands in it by when that
 * happened, so that each round reads only what is new; of the active runs a round compares a bounded number.
 *
 *   told up to 12:00:00 ── index late ── run ended at 11:59:58 shows ── next round reads from 11:59:30 on ──▶ told
 */

const pauseMsMin: Ms = 1_000;
const pauseMsMax: Ms = 10_000;
const pauseGrowth = 1.5;
/** The index is late, and the clocks of workers are not all the same: so far back each round looks again. */
const overlapMs: Ms = 30_000;
/** Before it began, for the clocks of workers. */
const beforehandMs: Ms = 5_000;
const activeMax = 100;
const pageEntries = 100;

const settledPhases: readonly Phase[] = ['paused', 'succeeded', 'failed', 'cancelled', 'skipped'];

export interface EventsPorts {
  readonly runs: ListedStore;
  readonly clock: Clock;
  readonly view: (run: StoredRun) => Promise<Run>;
}

/** @throws HoldfastError `InvalidArgument`, at once; while it goes on as the store */
export function runEvents(ports: EventsPorts, options: EventsOptions = {}): AsyncGenerator<RunEvent, void> {
  const { cursor, name, signal, status } = options;
  const now = ports.clock.now();
  const from = cursor === undefined ? now - beforehandMs : readCursor(cursor);
  const filter: Filter = {
    tenant: options.tenant === undefined ? noTenant : tenantId(options.tenant),
    name,
    status,
  };
  return new Rounds(ports, filter, { from, told: cursor === undefined ? now : from }).play(signal);
}

interface Filter {
  readonly tenant: TenantId;
  readonly name: string | undefined;
  readonly status: RunStatus | undefined;
}

class Rounds {
  readonly #ports: EventsPorts;
  readonly #filter: Filter;
  /** Nothing that settled before is told. */
  readonly #from: EpochMs;
  /** What has settled until then was told, unless the index was late. */
  #told: EpochMs;
  /** Of the settled runs that the next round sees again: when they settled. */
  #settled = new Map<string, EpochMs>();
  /** Of runs that were told: how they were. */
  #states = new Map<string, string>();

  constructor(ports: EventsPorts, filter: Filter, times: { readonly from: EpochMs; readonly told: EpochMs }) {
    this.#ports = ports;
    this.#filter = filter;
    this.#from = times.from;
    this.#told = times.told;
  }

  async *play(signal: AbortSignal = new AbortController().signal): AsyncGenerator<RunEvent, void> {
    for (let pause = pauseMsMin; ; pause = Math.min(pause * pauseGrowth, pauseMsMax)) {
      signal.throwIfAborted();
      for await (const event of this.#round(signal)) {
        pause = pauseMsMin;
        yield event;
      }
      await sleep(this.#ports.clock, pause, signal);
    }
  }

  async *#round(signal: AbortSignal): AsyncGenerator<RunEvent> {
    const active = new Set<string>();
    if (this.#wants('active')) yield* this.#active(active);
    const phases = settledPhases.filter((phase) => this.#wants(phase));
    const since = Math.max(0, this.#from, this.#told - overlapMs);
    const { runs } = this.#ports;
    const entries = entriesSince(runs, phases, { since, limit: pageEntries });
    for (;;) {
      signal.throwIfAborted();
      const page = await take(entries, pageEntries);
      if (page.length === 0) break;
      yield* this.#tell(page.filter(({ at, run }) => this.#settled.get(run) !== at));
      this.#told = page.reduce((told, { at }) => Math.max(told, at), this.#told);
    }
    this.#forget(active);
  }

  async *#active(seen: Set<string>): AsyncGenerator<RunEvent> {
    const entries = entriesSince(this.#ports.runs, ['active'], { since: 0, limit: activeMax });
    const page = await take(entries, activeMax);
    await entries.return(undefined);
    for (const { run } of page) seen.add(run);
    yield* this.#tell(page);
  }

  async *#tell(entries: readonly IndexEntry[]): AsyncGenerator<RunEvent> {
    const own = entries.filter(({ tenant }) => tenant === this.#filter.tenant);
    const found = await readEntries(this.#ports.runs, own);
    for (const { at, run: id } of own) {
      const run = found.get(id);
      // What was read may be older than the index: then the next round reads it again.
      if (run?.at === at && run.phase !== 'active') {
        this.#settled.set(id, at);
        this.#told = Math.max(this.#told, at);
      }
      if (!run || !this.#fits(run)) continue;
      const view = await this.#ports.view(run);
      const state = JSON.stringify(view);
      if (this.#states.get(id) === state) continue;
      this.#states.set(id, state);
      yield { run: view, cursor: writeCursor(this.#told) };
    }
  }

  #fits(run: StoredRun): boolean {
    const { name, status } = this.#filter;
    return (name === undefined || run.name === name) && (status === undefined || statusOf(run) === status);
  }

  #wants(phase: Phase): boolean {
    const { status } = this.#filter;
    if (status === undefined || status === phase) return true;
    return phase === 'active' && !(settledPhases as readonly string[]).includes(status);
  }

  /** What no further round can see again. */
  #forget(active: ReadonlySet<string>): void {
    const since = this.#told - overlapMs;
    for (const [run, at] of this.#settled) if (at < since) this.#settled.delete(run);
    for (const run of this.#states.keys())
      if (!active.has(run) && !this.#settled.has(run)) this.#states.delete(run);
  }
}

/** Milliseconds, told as text that callers give back unread. */
const writeCursor = (told: EpochMs): string => told.toString(36);

/** Looks so far back that nothing is missed that the stream before would have told. */
function readCursor(cursor: string): EpochMs {
  if (/^[0-9a-z]{1,9}$/.test(cursor)) return Math.max(0, Number.parseInt(cursor, 36) - overlapMs);
  throw new HoldfastError('InvalidArgument', 'cursor is not one that a stream of events gave', {
    field: 'cursor',
  });
}
