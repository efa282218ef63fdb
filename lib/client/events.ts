import { noTenant, type TenantId, tenantId } from '../model/ids.ts';
import { type Phase, type RunStatus, type Run as StoredRun, statusOf } from '../model/run.ts';
import type { Ms } from '../model/time.ts';
import { type Clock, sleep } from '../ports/clock.ts';
import type { IndexEntry } from '../ports/run-store.ts';
import type { EventsOptions, RunEvent } from './client.ts';
import { entriesSince, type ListedStore, readEntries, take } from './list.ts';
import type { Run } from './run-view.ts';
import { sharedMs } from './shared-queries.ts';
import { Told } from './told.ts';

/*
 * There is no log of changes: the index is asked again and again. What has ended or was parked stands in it by when that
 * happened, so that each round reads only what is new, and what an index that is late may show only now; of the active
 * runs a round compares a bounded number.
 *
 *   round at 12:00:00 ── index late ── run ended at 11:59:58 shows ── next round reads from 11:59:24 on ──▶ told
 */

const pauseMsMin: Ms = 1_000;
const pauseMsMax: Ms = 10_000;
const pauseGrowth = 1.5;
/** The clocks of workers are not all the same. */
const clocksMs: Ms = 5_000;
/** So long after a run has settled the index may not show it yet: by its own delay, clocks, and answers that are shared. */
const lateMs: Ms = 30_000 + clocksMs + sharedMs;
/** Rounds of several streams read from the same times on, so that they share the answers. */
const roundingMs: Ms = 10_000;
const activeMax = 100;
const pageEntries = 100;

const settledPhases: readonly Phase[] = ['paused', 'succeeded', 'failed', 'cancelled', 'skipped'];

export interface EventsPorts {
  /** Its answers may be as old as `sharedQueries` makes them. */
  readonly runs: ListedStore;
  readonly clock: Clock;
  readonly view: (run: StoredRun) => Promise<Run>;
}

/** @throws HoldfastError `InvalidArgument`, at once; while it goes on as the store */
export function runEvents(ports: EventsPorts, options: EventsOptions = {}): AsyncGenerator<RunEvent, void> {
  const { cursor, name, onCursor, signal, status } = options;
  const now = ports.clock.now();
  const told = cursor === undefined ? new Told(now - clocksMs) : Told.at(cursor, now);
  const filter: Filter = {
    tenant: options.tenant === undefined ? noTenant : tenantId(options.tenant),
    name,
    status,
  };
  return new Rounds(ports, filter, told).play(signal, onCursor);
}

interface Filter {
  readonly tenant: TenantId;
  readonly name: string | undefined;
  readonly status: RunStatus | undefined;
}

class Rounds {
  readonly #ports: EventsPorts;
  readonly #filter: Filter;
  readonly #told: Told;

  constructor(ports: EventsPorts, filter: Filter, told: Told) {
    this.#ports = ports;
    this.#filter = filter;
    this.#told = told;
  }

  async *play(
    signal: AbortSignal = new AbortController().signal,
    onCursor: EventsOptions['onCursor'] = () => {},
  ): AsyncGenerator<RunEvent, void> {
    for (let pause = pauseMsMin; ; pause = Math.min(pause * pauseGrowth, pauseMsMax)) {
      signal.throwIfAborted();
      for await (const event of this.#round(signal)) {
        pause = pauseMsMin;
        yield event;
      }
      onCursor(this.#told.cursor());
      await sleep(this.#ports.clock, pause, signal);
    }
  }

  async *#round(signal: AbortSignal): AsyncGenerator<RunEvent> {
    const { clock, runs } = this.#ports;
    const certain = clock.now() - lateMs;
    const active = new Set<string>();
    if (this.#wants('active')) yield* this.#active(active);
    const phases = settledPhases.filter((phase) => this.#wants(phase));
    const { since } = this.#told;
    const entries = entriesSince(runs, phases, { since: since - (since % roundingMs), limit: pageEntries });
    for (;;) {
      signal.throwIfAborted();
      const page = await take(entries, pageEntries);
      const last = page.at(-1);
      if (!last) break;
      yield* this.#tell(page.filter((entry) => entry.at >= since && !this.#told.isSettled(entry)));
      this.#told.pass(Math.min(last.at, certain));
    }
    this.#told.pass(certain);
    this.#told.forgetOthers(active);
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
    for (const entry of own) {
      const { at, run: id } = entry;
      const run = found.get(id);
      // What was read may be older than the index: then the next round reads it again.
      const hasSettled = run?.at === at && run.phase !== 'active';
      const view = run && this.#fits(run) ? await this.#ports.view(run) : undefined;
      const isNews = view && this.#told.isNews(id, JSON.stringify(view));
      if (hasSettled) this.#told.settle(entry);
      if (isNews) yield { run: view, cursor: this.#told.cursor() };
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
}
