import { createHash } from 'node:crypto';
import { discover } from '../../discovery/discover.ts';
import type { Run } from '../../model/run.ts';
import type { Ms } from '../../model/time.ts';
import type { Transition } from '../../model/transition.ts';
import { findUnlinearizable } from '../linearizability.ts';
import { Cloud } from './cloud.ts';
import { type Fault, Faults, weatherOf } from './faults.ts';
import { Fleet } from './fleet.ts';
import { People } from './people.ts';
import { Prng } from './prng.ts';
import { brokenPromises } from './promises.ts';

export interface SimulationOptions {
  /** How many runs are submitted; by default 2 to 6, by the seed. */
  readonly runs?: number;
  /** The numbers of the faults to deal out; all by default. */
  readonly keep?: ReadonlySet<number>;
  /** Receives each line of the trace. */
  readonly onTrace?: (line: string) => void;
  /** Whether tasks share a limit: one at a time, two each 20 s. Default: they do not. */
  readonly isLimited?: boolean;
  /** Changes each write, to see that what it breaks is noticed. */
  readonly tamper?: (transition: Transition) => Transition;
}

/** What came of one history. */
export interface Simulation {
  readonly seed: number;
  readonly runs: number;
  /** The same for the same seed and options, on every machine. */
  readonly traceHash: string;
  readonly broken: readonly string[];
  readonly faults: readonly Fault[];
  /** How often a task has waited for a slot. */
  readonly waits: number;
  /** Simulated, from the first request to the last. */
  readonly durationMs: Ms;
}

/** Requests and faults come in this time; then the weather is calm. */
const busyMs: Ms = 600_000;
/** So long after that everything must have ended: two full pauses of discovery, and each attempt's lease. */
const calmMsMax: Ms = 4 * 3_600_000;
const graceMs = 5_000;

const isOver = ({ phase }: Run): boolean => phase !== 'active' && phase !== 'ending' && phase !== 'paused';

/** One history: everything that happens follows from the seed. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<Simulation> {
  return new History(seed, options).run();
}

class History {
  readonly #seed: number;
  readonly #prng: Prng;
  readonly #faults: Faults;
  readonly #cloud: Cloud;
  readonly #fleet: Fleet;
  readonly #people: People;
  readonly #runs: number;
  readonly #skewMsMax: Ms;
  readonly #trace: string[] = [];
  readonly #discoveries = new Set<object>();
  #isLate = false;

  constructor(seed: number, { isLimited = false, keep, onTrace, runs, tamper }: SimulationOptions) {
    this.#seed = seed;
    this.#prng = new Prng(seed, 'history');
    this.#skewMsMax = this.#prng.pick([0, 2_000, 2_000, 30_000]);
    this.#faults = new Faults(seed, weatherOf(this.#prng), keep);
    const isMute = this.#prng.chance(0.1);
    // Drawn last: where it is given, all else is the same.
    this.#runs = runs ?? this.#prng.between(2, 6);
    this.#cloud = new Cloud({
      seed,
      faults: this.#faults,
      skewMsMax: this.#skewMsMax,
      isMute,
      isLimited,
      trace: (line) => {
        this.#trace.push(line);
        onTrace?.(line);
      },
      tamper: tamper ?? ((transition) => transition),
    });
    this.#fleet = new Fleet(this.#cloud);
    this.#people = new People(this.#cloud, new Prng(seed, 'people'));
  }

  async run(): Promise<Simulation> {
    const { timeline } = this.#cloud;
    const begin = timeline.now;
    this.#people.schedule(this.#runs, busyMs / 2);
    this.#tick(0);
    timeline.after(busyMs, () => {
      this.#faults.calm();
      this.#people.takeCare();
    });
    timeline.after(busyMs + calmMsMax, () => {
      this.#isLate = true;
    });
    await timeline.run(() => this.#isLate || this.#hasBroken() || this.#hasEnded());
    const broken = await this.#broken();
    return {
      seed: this.#seed,
      runs: this.#runs,
      traceHash: createHash('sha256').update(this.#trace.join('\n')).digest('hex'),
      broken,
      faults: this.#faults.dealt,
      waits: this.#cloud.limits.waits,
      durationMs: timeline.now - begin,
    };
  }

  #tick(count: number): void {
    const { prng, timeline, settings } = this.#cloud;
    const ports = this.#cloud.process(`discovery-${count}`);
    const { sandbox } = ports;
    this.#discoveries.add(sandbox);
    const done = () => this.#discoveries.delete(sandbox);
    sandbox.onDeath(done);
    void discover(ports).then(done, done);
    timeline.after(settings.discoveryPeriod + prng.between(0, 1_000), () => this.#tick(count + 1));
  }

  /** What follows on a broken write says nothing more, and may go on without end. */
  #hasBroken(): boolean {
    return this.#cloud.table.broken.length > 0;
  }

  #hasEnded(): boolean {
    if (!this.#faults.isCalm || this.#people.isBusy || this.#fleet.isBusy) return false;
    return this.#cloud.table.all().every(isOver);
  }

  async #broken(): Promise<readonly string[]> {
    const { leases, table, timeline } = this.#cloud;
    if (this.#hasBroken()) return table.broken;
    const broken = [
      ...this.#people.ledger.broken,
      ...this.#cloud.courses.broken,
      ...this.#cloud.limits.broken,
      ...table
        .all()
        .flatMap((run) =>
          isOver(run) ? [] : [`L1: ${run.run} is ${run.phase} ${calmMsMax} ms after the last fault`],
        ),
      ...(await brokenPromises(this.#cloud, this.#people.ledger)),
    ];
    for (const run of table.all()) leases.read(run, timeline.now);
    const clockErrorMs = Math.max(0, this.#skewMsMax - graceMs);
    return [...broken, ...(findUnlinearizable(leases.events, clockErrorMs) ?? [])];
  }
}
