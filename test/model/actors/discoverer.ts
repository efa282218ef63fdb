import { type Run, schemaVersion } from '../../../lib/model/run.ts';
import { look } from '../../../lib/protocol/look.ts';
import { Memo } from '../memo.ts';
import { lookaheadMs } from '../scenario.ts';
import { type Discoverer, idle, replace, type State, type Step } from '../state.ts';
import { answers, type Written } from '../write.ts';
import { needsTending, type Relater, relate, relatingSteps } from './relating.ts';
import { type Rules, request, ring, spend } from './requests.ts';

/** What a discovery can do next: read a run that the index names, plan, write, send, and relate it to others. */
export function* discovererSteps(state: State, index: number, rules: Rules): Generator<Step> {
  const discoverer = state.discoverers[index];
  const by = new Ticker(state.now, index, rules);
  switch (discoverer?.at) {
    case 'idle':
      yield* nominated(state, by);
      return;
    case 'plan':
      yield* planned(state, discoverer, by);
      return;
    case 'look':
      for (const { how, fault, written } of answers(state, discoverer.write)) {
        const label = `${discoverer.write.transition.name}: ${how}`;
        yield { ...by.step(label, looked(discoverer, by, written)), fault, broken: written.broken };
      }
      return;
    case 'relate':
      for (const { label, next, ...step } of relatingSteps(state, by, discoverer.relating))
        yield { ...by.step(label, next), ...step };
  }
}

/** One discovery, in any state. */
class Ticker implements Relater {
  readonly clock: number;
  readonly skewMs = 0;
  readonly rules: Rules;
  readonly #index: number;

  constructor(clock: number, index: number, rules: Rules) {
    this.clock = clock;
    this.#index = index;
    this.rules = rules;
  }

  now(state: State, discoverer: Discoverer): State {
    return { ...state, discoverers: replace(state.discoverers, this.#index, discoverer) };
  }

  readonly become: Relater['become'] = (state, relating) =>
    this.now(state, relating ? { at: 'relate', relating } : idle);

  step(label: string, next: State): Step {
    return { label: `discovery ${this.#index} ${label}`, next, fault: false, broken: [] };
  }
}

function looked(
  { dispatches, relations }: Extract<Discoverer, { at: 'look' }>,
  by: Ticker,
  { applied, run, state }: Written,
): State {
  if (!applied || !run) return by.now(state, idle);
  const rung = ring(state, dispatches, by.rules);
  return relations || needsTending(run) ? relate(rung, by, run, relations) : by.now(rung, idle);
}

function* nominated(state: State, by: Ticker): Generator<Step> {
  for (const [run, seen] of state.runs.entries()) {
    if (!seen || seen.schema > schemaVersion) continue;
    const isIndexed = seen.phase === 'active' || seen.phase === 'ending';
    if (isIndexed && seen.at <= state.now + lookaheadMs) yield* planned(state, { run, seen }, by);
    if (state.budget.stale === 0) continue;
    const next = by.now(spend(state, 'stale'), { at: 'plan', run, seen });
    yield { ...by.step(`reads ${seen.run} for later`, next), fault: true };
  }
}

function* planned(
  state: State,
  { run, seen }: Pick<Extract<Discoverer, { at: 'plan' }>, 'run' | 'seen'>,
  by: Ticker,
): Generator<Step> {
  for (const [isDeep, looker] of lookersOf(run, seen, state, by.rules)) {
    const from = isDeep ? spend(state, 'deep') : state;
    const label = `plans${isDeep ? ' while the queue is deep' : ''}`;
    if (!looker) yield by.step(`${label} nothing`, by.now(from, idle));
    else {
      const name = looker.write.transition.name;
      yield { ...by.step(`${label} ${name}`, by.now(from, looker)), fault: isDeep };
    }
  }
}

type Looker = Extract<Discoverer, { at: 'look' }>;

/** A run may be looked at while others do one thing after the other. The first of each pair: whether the queue is deep. */
const lookers = new Memo<Run, Moment, readonly (readonly [boolean, Looker | undefined])[]>();

interface Moment {
  readonly now: number;
  readonly mayBeDeep: boolean;
}

const isSameMoment = (one: Moment, other: Moment): boolean =>
  one.now === other.now && one.mayBeDeep === other.mayBeDeep;

function lookersOf(run: number, seen: Run, { budget, now }: State, rules: Rules) {
  const mayBeDeep = budget.deep > 0;
  return lookers.of(seen, { now, mayBeDeep }, isSameMoment, () =>
    (mayBeDeep ? [false, true] : [false]).map((isDeep) => [
      isDeep,
      lookerOf(run, seen, { isDeep, now, rules }),
    ]),
  );
}

function lookerOf(
  run: number,
  seen: Run,
  { isDeep, now, rules }: { isDeep: boolean; now: number; rules: Rules },
): Looker | undefined {
  const shown = rules.mutation?.seen?.(seen) ?? seen;
  const plan = look(shown, { now, lookaheadMs, repeatDoorbells: !isDeep, expires: 1 });
  if (!plan) return undefined;
  const { dispatches, relations, transition } = plan;
  const write = request(rules, run, transition);
  return { at: 'look', write, dispatches, ...(relations && { relations }) };
}
