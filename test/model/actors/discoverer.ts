import { schemaVersion } from '../../../lib/model/run.ts';
import { look } from '../../../lib/protocol/look.ts';
import { lookaheadMs } from '../scenario.ts';
import { type Discoverer, replace, type State, type Step } from '../state.ts';
import { answers } from '../write.ts';
import { type Rules, request, ring, spend } from './requests.ts';

/** What a discovery can do next: read a run that the index names, plan, write, send. */
export function* discovererSteps(state: State, index: number, rules: Rules): Generator<Step> {
  const discoverer = state.discoverers[index];
  const name = `discovery ${index}`;
  const become = (next: State, now: Discoverer): State => ({
    ...next,
    discoverers: replace(next.discoverers, index, now),
  });
  switch (discoverer?.at) {
    case 'idle':
      yield* nominated(state, name, rules, become);
      return;
    case 'plan':
      yield* planned(state, discoverer, name, rules, become);
      return;
    case 'look':
      for (const { how, fault, written } of answers(state, discoverer.write)) {
        const { dispatches } = discoverer;
        const rung = written.applied ? ring(written.state, dispatches, rules) : written.state;
        const next = become(rung, { at: 'idle' });
        yield {
          label: `${name} ${discoverer.write.transition.name}: ${how}`,
          next,
          fault,
          broken: written.broken,
        };
      }
      return;
  }
}

type Become = (next: State, now: Discoverer) => State;

function* nominated(state: State, name: string, rules: Rules, become: Become): Generator<Step> {
  for (const [run, seen] of state.runs.entries()) {
    if (!seen || seen.schema > schemaVersion) continue;
    const isDue = seen.phase === 'active' && seen.at <= state.now + lookaheadMs;
    if (isDue) yield* planned(state, { run, seen }, name, rules, become);
    if (state.budget.stale === 0) continue;
    const next = become(spend(state, 'stale'), { at: 'plan', run, seen });
    yield { label: `${name} reads ${seen.run} for later`, next, fault: true, broken: [] };
  }
}

function* planned(
  state: State,
  { run, seen }: Pick<Extract<Discoverer, { at: 'plan' }>, 'run' | 'seen'>,
  name: string,
  rules: Rules,
  become: Become,
): Generator<Step> {
  for (const repeatDoorbells of state.budget.deep > 0 ? [true, false] : [true]) {
    const shown = rules.mutation?.seen?.(seen) ?? seen;
    const plan = look(shown, { now: state.now, lookaheadMs, repeatDoorbells, expires: 1 });
    const from = repeatDoorbells ? state : spend(state, 'deep');
    const label = `${name} plans${repeatDoorbells ? '' : ' while the queue is deep'}`;
    const nothing = {
      label: `${label} nothing`,
      next: become(from, { at: 'idle' }),
      fault: false,
      broken: [],
    };
    if (!plan) {
      yield nothing;
      continue;
    }
    const write = request(rules, run, plan.transition);
    const next = become(from, { at: 'look', write, dispatches: plan.dispatches });
    yield { label: `${label} ${plan.transition.name}`, next, fault: !repeatDoorbells, broken: [] };
  }
}
