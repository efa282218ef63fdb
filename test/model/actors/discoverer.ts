import { schemaVersion } from '../../../lib/model/run.ts';
import { look } from '../../../lib/protocol/look.ts';
import { lookaheadMs } from '../scenario.ts';
import { type Discoverer, replace, type State, type Step } from '../state.ts';
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
    this.now(state, relating ? { at: 'relate', relating } : { at: 'idle' });

  step(label: string, next: State): Step {
    return { label: `discovery ${this.#index} ${label}`, next, fault: false, broken: [] };
  }
}

function looked(
  { dispatches, relations }: Extract<Discoverer, { at: 'look' }>,
  by: Ticker,
  { applied, run, state }: Written,
): State {
  if (!applied || !run) return by.now(state, { at: 'idle' });
  const rung = ring(state, dispatches, by.rules);
  return relations || needsTending(run) ? relate(rung, by, run, relations) : by.now(rung, { at: 'idle' });
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
  for (const repeatDoorbells of state.budget.deep > 0 ? [true, false] : [true]) {
    const shown = by.rules.mutation?.seen?.(seen) ?? seen;
    const plan = look(shown, { now: state.now, lookaheadMs, repeatDoorbells, expires: 1 });
    const from = repeatDoorbells ? state : spend(state, 'deep');
    const label = `plans${repeatDoorbells ? '' : ' while the queue is deep'}`;
    if (!plan) {
      yield by.step(`${label} nothing`, by.now(from, { at: 'idle' }));
      continue;
    }
    const { dispatches, relations, transition } = plan;
    const write = request(by.rules, run, transition);
    const next = by.now(from, { at: 'look', write, dispatches, ...(relations && { relations }) });
    yield { ...by.step(`${label} ${transition.name}`, next), fault: !repeatDoorbells };
  }
}
