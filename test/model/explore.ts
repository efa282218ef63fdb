import type { RunId } from '../../lib/model/ids.ts';
import { type Run, schemaVersion } from '../../lib/model/run.ts';
import { liveChildren } from '../../lib/protocol/end.ts';
import { brokenInRun } from '../../lib/testing/invariants.ts';
import { brokenAmong } from '../../lib/testing/relations.ts';
import { clientSteps } from './actors/client.ts';
import { discovererSteps } from './actors/discoverer.ts';
import { environmentSteps } from './actors/environment.ts';
import type { Rules } from './actors/requests.ts';
import { workerSteps } from './actors/worker.ts';
import { canonicalKey } from './canonical.ts';
import { initialState, type Mutation, type Scenario, shapeOf } from './scenario.ts';
import type { State, Step } from './state.ts';

export interface Exploration {
  readonly states: number;
  readonly steps: number;
  /** The longest shortest way to a state. */
  readonly depth: number;
  readonly counterexample?: Counterexample;
}

export interface Counterexample {
  readonly broken: readonly string[];
  /** What happened, from the beginning, and how the system then stood. */
  readonly trace: readonly string[];
}

/** More states than this mean that a scenario is not bounded. */
const statesMax = 20_000_000;

/**
 * Visits every state that the scenario can reach, breadth first, so that a counterexample is a shortest one. Then checks
 * that from each state every run can still end without another fault.
 */
export function explore(scenario: Scenario, mutation?: Mutation): Exploration {
  return new Explorer({ scenario, mutation }).run();
}

class Explorer {
  readonly #rules: Rules;
  readonly #ids = new Map<string, number>();
  readonly #parents: number[] = [];
  readonly #depths: number[] = [];
  /** Steps that are no faults, as pairs of states. */
  readonly #sources: number[] = [];
  readonly #targets: number[] = [];
  readonly #ended: boolean[] = [];
  #steps = 0;

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  run(): Exploration {
    const first = initialState(this.#rules.scenario);
    let level = [{ id: this.#add(first, canonicalKey(first, this.#rules.scenario), -1), state: first }];
    while (level.length > 0) {
      const next: typeof level = [];
      for (const { id, state } of level) {
        const broken = this.#expand(id, state, next);
        if (broken) return this.#result(broken);
      }
      level = next;
    }
    const stuck = this.#stuck();
    return this.#result(
      stuck === undefined
        ? undefined
        : { broken: ['L1: no run can end from here'], trace: this.#trace(stuck) },
    );
  }

  #expand(id: number, state: State, next: { id: number; state: State }[]): Counterexample | undefined {
    for (const step of stepsFrom(state, this.#rules)) {
      this.#steps += 1;
      const key = canonicalKey(step.next, this.#rules.scenario);
      const known = this.#ids.get(key);
      const target = known ?? this.#add(step.next, key, id);
      if (!step.fault) {
        this.#sources.push(id);
        this.#targets.push(target);
      }
      const broken = [
        ...step.broken,
        ...(target === id && step.label.startsWith('worker') ? ['L1: a worker does the same again'] : []),
        ...(known === undefined ? this.#brokenIn(step.next, state) : []),
      ];
      if (broken.length > 0) return { broken, trace: [...this.#trace(id), step.label, describe(step.next)] };
      if (known === undefined) next.push({ id: target, state: step.next });
    }
    return undefined;
  }

  /** What is wrong with the runs that the step has changed, and among all of them. */
  #brokenIn(state: State, before: State): string[] {
    if (state.runs === before.runs) return [];
    const { scenario } = this.#rules;
    return [
      ...state.runs.flatMap((run, slot) =>
        run && run !== before.runs[slot] ? brokenInRun(run, shapeOf(scenario, slot)) : [],
      ),
      ...(state.runs.length > 1 ? brokenAmong(state.runs.filter((run) => run !== undefined)) : []),
    ];
  }

  #add(state: State, key: string, parent: number): number {
    const id = this.#parents.length;
    if (id >= statesMax) throw new Error(`${this.#rules.scenario.name} has over ${statesMax} states`);
    this.#ids.set(key, id);
    this.#parents.push(parent);
    this.#depths.push(parent < 0 ? 0 : (this.#depths[parent] ?? 0) + 1);
    this.#ended.push(hasEnded(state));
    return id;
  }

  /** A state from which no way without faults leads to the end of all runs, if there is one. */
  #stuck(): number | undefined {
    const sourcesOf: number[][] = this.#parents.map(() => []);
    for (const [index, target] of this.#targets.entries())
      sourcesOf[target]?.push(this.#sources[index] as number);
    const reached = Uint8Array.from(this.#ended, (each) => (each ? 1 : 0));
    const open = this.#ended.flatMap((each, id) => (each ? [id] : []));
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      for (const source of sourcesOf[id] ?? []) {
        if (reached[source]) continue;
        reached[source] = 1;
        open.push(source);
      }
    }
    const stuck = reached.indexOf(0);
    return stuck < 0 ? undefined : stuck;
  }

  #result(counterexample: Counterexample | undefined): Exploration {
    const [states, steps, depth] = [this.#parents.length, this.#steps, this.#depths.at(-1) ?? 0];
    return { states, steps, depth, ...(counterexample && { counterexample }) };
  }

  /** The labels on the way to a state, found by going it again. */
  #trace(id: number): string[] {
    const way: number[] = [];
    for (let at = id; at > 0; at = this.#parents[at] ?? -1) way.unshift(at);
    const labels: string[] = [];
    let state = initialState(this.#rules.scenario);
    for (const target of way) {
      const steps = [...stepsFrom(state, this.#rules)];
      const step = steps.find(
        ({ next }) => this.#ids.get(canonicalKey(next, this.#rules.scenario)) === target,
      );
      if (!step) throw new Error('a state was reached that cannot be reached again');
      labels.push(step.label);
      state = step.next;
    }
    return [...labels, describe(state)];
  }
}

function* stepsFrom(state: State, rules: Rules): Generator<Step> {
  for (const step of everyStep(state, rules)) {
    yield state.frozen.length === 0 ? step : { ...step, next: thawed(state, step.next) };
  }
}

function* everyStep(state: State, rules: Rules): Generator<Step> {
  for (const index of movable(state, rules)) yield* workerSteps(state, index, rules);
  for (const index of state.discoverers.keys()) yield* discovererSteps(state, index, rules);
  for (const index of state.clients.keys()) yield* clientSteps(state, index, rules);
  yield* environmentSteps(state, rules);
}

/** Of workers that are idle and interchangeable one stands for all. */
function movable({ frozen, workers }: State, { scenario }: Rules): number[] {
  const indices = [...workers.keys()];
  if (scenario.skewsMs.length + frozen.length > 0) return indices;
  const idle = workers.findIndex(({ at }) => at === 'idle');
  return indices.filter((index) => index === idle || workers[index]?.at !== 'idle');
}

/** Whoever did something is frozen no more. */
function thawed(before: State, next: State): State {
  const moved = (kind: string, then: readonly unknown[], now: readonly unknown[]) =>
    then.flatMap((each, index) => (each === now[index] ? [] : [`${kind} ${index}`]));
  const names = new Set([
    ...moved('worker', before.workers, next.workers),
    ...moved('discovery', before.discoverers, next.discoverers),
    ...moved('client', before.clients, next.clients),
  ]);
  return { ...next, frozen: next.frozen.filter((name) => !names.has(name)) };
}

/** Nothing is left to be done: whoever paused a run may let it go on, and what needs newer workers is left to those. */
function hasEnded({ clients, runs }: State): boolean {
  if (clients.some(({ at }) => at === 'submit' || at === 'put')) return false;
  const known = runs.filter((run) => run !== undefined);
  const open = known.filter(({ phase }) => phase === 'active' || phase === 'ending');
  if (open.length === 0) return true;
  const left = leftToNewer(known, open);
  return open.every(({ run }) => left.has(run));
}

/** Runs that a newer version took, and open ones that wait for one of them or owe it something. */
function leftToNewer(known: readonly Run[], open: readonly Run[]): ReadonlySet<RunId> {
  const left = new Set(known.filter(({ schema }) => schema > schemaVersion).map(({ run }) => run));
  let before = -1;
  while (left.size > 0 && left.size > before) {
    before = left.size;
    for (const run of open) if (needsOf(run).some((id) => left.has(id))) left.add(run.run);
  }
  return left;
}

/** The runs without which this one cannot end. */
const needsOf = ({ dependents = [], nodes, parent, phase, waitsFor = [] }: Run): RunId[] => [
  ...waitsFor,
  ...liveChildren({ nodes }),
  ...(phase === 'ending' ? [...dependents, ...(parent ? [parent.run] : [])] : []),
];

function describe(state: State): string {
  const stored = state.runs.map((each) => {
    if (!each) return 'no run';
    return JSON.stringify(each, (name, value) => (unshown.has(name) ? undefined : value));
  });
  const actors = [...state.workers, ...state.discoverers, ...state.clients].map(doing);
  return [`  now ${state.now}; actors ${actors.join(', ')}`, ...stored.map((each) => `  ${each}`)].join('\n');
}

const doing = (actor: State['workers'][number] | State['discoverers'][number] | State['clients'][number]) =>
  actor.at === 'relate' ? `relate ${actor.relating.duties.map(({ run, to }) => `${to} ${run}`)}` : actor.at;

const unshown: ReadonlySet<string> = new Set([
  ...['tenant', 'schema', 'kind', 'name', 'hash', 'submission', 'input', 'pool', 'priority', 'tags'],
  ...['createdAt', 'worker', 'startedAt', 'failure', 'payload'],
]);
