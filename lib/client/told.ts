import { hash } from 'node:crypto';
import { HoldfastError } from '../model/errors.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { IndexEntry } from '../ports/run-store.ts';

/** The clocks of who gives a cursor and who takes it differ by less. */
const aheadMsMax: Ms = 60_000;
const markLength = 8;
/** A cursor is a header and a part of addresses: it stays below 2 KB. */
const marksMax = 250;
const cursorPattern = new RegExp(`^([0-9a-z]{1,9})(?:\\.((?:[\\w-]{${markLength}}){0,${marksMax}}))?$`);

/**
 * What a stream of events has told, as far as it could come again: of the settled runs those of a time on, of the active
 * ones those that were compared last, each as a short digest. It travels in the stream's cursor, so that whoever goes on
 * from there hears nothing twice; where there is more than fits, some come again.
 */
export class Told {
  #since: EpochMs;
  /** Of settled runs, in the order in which they were told: when they settled, and the mark of both. */
  readonly #settled = new Map<string, { readonly at: EpochMs; readonly mark: string }>();
  /** Of runs that were compared: the mark of how they were. */
  readonly #states = new Map<string, string>();
  /** Of the stream before, until this one has seen what they stand for. */
  readonly #carried: Set<string>;

  constructor(since: EpochMs, carried: Iterable<string> = []) {
    this.#since = since;
    this.#carried = new Set(carried);
  }

  /** @throws HoldfastError `InvalidArgument` */
  static at(cursor: string, now: EpochMs): Told {
    const [, time, marks = ''] = cursorPattern.exec(cursor) ?? [];
    if (time === undefined) throw invalid('is not one that a stream of events gave');
    const since = Number.parseInt(time, 36);
    if (since > now + aheadMsMax) throw invalid('lies in the future');
    return new Told(since, marks.match(new RegExp(`.{${markLength}}`, 'g')) ?? []);
  }

  /** What settled before is not told any more. It never goes back. */
  get since(): EpochMs {
    return this.#since;
  }

  isSettled({ at, run }: IndexEntry): boolean {
    const known = this.#settled.get(run);
    if (known) return known.at === at;
    const mark = settledMark(run, at);
    if (!this.#carried.delete(mark)) return false;
    this.#settled.set(run, { at, mark });
    return true;
  }

  settle({ at, run }: IndexEntry): void {
    // The latest stand last.
    this.#settled.delete(run);
    this.#settled.set(run, { at, mark: settledMark(run, at) });
  }

  /** Whether the run was told otherwise, or not at all; from now on it counts as told. */
  isNews(run: string, state: string): boolean {
    const mark = markOf(`${run} is ${state}`);
    const isKnown = this.#states.get(run) === mark || this.#carried.delete(mark);
    this.#states.set(run, mark);
    return !isKnown;
  }

  /** All that settled before was told. */
  pass(at: EpochMs): void {
    if (at <= this.#since) return;
    this.#since = at;
    for (const [run, settled] of this.#settled) {
      if (settled.at >= at) continue;
      this.#settled.delete(run);
      this.#states.delete(run);
    }
  }

  /** Everything was looked at: what was not among it cannot come again. */
  forgetOthers(active: ReadonlySet<string>): void {
    this.#carried.clear();
    for (const run of this.#states.keys())
      if (!active.has(run) && !this.#settled.has(run)) this.#states.delete(run);
  }

  cursor(): string {
    const latest = [...this.#settled.values()].slice(-marksMax).reverse();
    const settled = latest.map(({ mark }) => mark);
    const states = [...this.#states].filter(([run]) => !this.#settled.has(run)).map(([, mark]) => mark);
    const marks = [...states, ...settled, ...this.#carried].slice(0, marksMax);
    // Clocks may tell fractions of a millisecond.
    return `${Math.floor(this.#since).toString(36)}.${marks.join('')}`;
  }
}

const settledMark = (run: string, at: EpochMs): string => markOf(`${run} since ${at}`);

const markOf = (text: string): string => hash('sha256', text, 'base64url').slice(0, markLength);

const invalid = (what: string): HoldfastError =>
  new HoldfastError('InvalidArgument', `cursor ${what}`, { field: 'cursor' });
