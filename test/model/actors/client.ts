import type { Run } from '../../../lib/model/run.ts';
import { doorbellsOf } from '../../../lib/protocol/doorbells.ts';
import { isResubmission, type Submission, submit } from '../../../lib/protocol/submit.ts';
import { endOf } from '../../../lib/testing/relations.ts';
import { freeName, runName, type Submitted, submissionOf } from '../scenario.ts';
import { type Client, done, type Put, replace, type State, type Step } from '../state.ts';
import { puts, readable } from '../write.ts';
import { asking, requesting } from './people.ts';
import { needsTending, type Relater, relate, relatingSteps } from './relating.ts';
import { type Rules, ring, spend } from './requests.ts';

/** What a submitter or anybody else who asks for something can do next. */
export function* clientSteps(state: State, index: number, rules: Rules): Generator<Step> {
  const client = state.clients[index];
  if (!client) return;
  const by = new Person(state.now, index, rules);
  switch (client.at) {
    case 'submit':
      yield* submitting(state, client, by);
      return;
    case 'ask':
      yield* asking(state, client.request, by);
      return;
    case 'request':
      yield* requesting(state, client, by);
      return;
    case 'put':
      yield* putting(state, client.put, by);
      return;
    case 'relate':
      for (const { label, next, ...step } of relatingSteps(state, by, client.relating))
        yield { ...by.step(label, next), ...step };
  }
}

/** One client, in any state. */
export class Person implements Relater {
  readonly index: number;
  readonly rules: Rules;
  readonly clock: number;
  readonly skewMs = 0;

  constructor(clock: number, index: number, rules: Rules) {
    this.clock = clock;
    this.index = index;
    this.rules = rules;
  }

  now(state: State, client: Client): State {
    return { ...state, clients: replace(state.clients, this.index, client) };
  }

  readonly become: Relater['become'] = (state, relating) =>
    this.now(state, relating ? { at: 'relate', relating } : done);

  /** What can be done at once for a run is; the rest is left to its holders and to discovery. */
  tended(state: State, run: Run): State {
    return needsTending(run) ? relate(state, this, run) : this.now(state, done);
  }

  step(label: string, next: State, fault = false): Step {
    return { label: `client ${this.index} ${label}`, next, fault, broken: [] };
  }
}

function* submitting(
  state: State,
  { submitted }: Extract<Client, { at: 'submit' }>,
  by: Person,
): Generator<Step> {
  const { rules } = by;
  const { dependsOn, run } = submitted;
  const given = submissionOf(rules.scenario, submitted, () => freeName(state, rules.scenario));
  const existing = state.runs[run];
  if (existing) {
    yield* finding(state, existing, given, by);
    return;
  }
  if (dependsOn) {
    // Before they are there its submission is refused, and nothing has happened.
    if (dependsOn.some((each) => !state.runs[each])) return;
    const { creation } = submit({ ...given, ...dependingOn(state, submitted) }, state.now);
    const put = { run, creation: creation.run, dispatches: [] };
    yield by.step(`reads what ${given.run} depends on`, by.now(state, { at: 'put', put }));
    return;
  }
  const { creation, dispatches } = submit(given, state.now);
  const created = { ...state, runs: replace(state.runs, run, creation.run) };
  yield by.step(`submits ${given.run}`, by.now(ring(created, dispatches, rules), done));
  // Sent again after a lost response it finds its own run, and rings no bell.
  if (state.budget.lostResponses > 0)
    yield by.step('submits, response lost', spend(created, 'lostResponses'), true);
}

/** Under a key there is a run already. */
function* finding(state: State, existing: Run, given: Submission, by: Person): Generator<Step> {
  const accepted = by.rules.mutation?.slip === 'resubmission unchecked' || isResubmission(existing, given);
  const same =
    existing.input === given.input || JSON.stringify(existing.input) === JSON.stringify(given.input);
  const broken = accepted === same ? [] : ['I10: one key stands for two submissions'];
  const next = by.now(state, done);
  yield { ...by.step(accepted ? 'finds its run' : 'is refused', next), broken };
}

/** What has succeeded already it need not wait for. */
function dependingOn(state: State, { dependsOn = [], skips }: Submitted) {
  const hasSucceeded = (each: number) => state.runs[each]?.phase === 'succeeded';
  const waitsFor = dependsOn.filter((each) => !hasSucceeded(each)).map(runName);
  return {
    dependencies: Object.fromEntries(
      dependsOn.map((each) => [runName(each), hasSucceeded(each) ? { output: { text: 'x' } } : {}]),
    ),
    ...(waitsFor.length > 0 && { waitsFor }),
    ...(skips && { onDependencyFailure: 'skip' as const }),
  };
}

/** A run that depends on others is made known to them by who put it, or by a look. */
function* putting(state: State, put: Put, by: Person): Generator<Step> {
  for (const { fault, how, written } of puts(state, put)) {
    const run = written.run && readable(written.run);
    // Somebody came for it already.
    const isOver = !run || (!written.applied && (endOf(run) || run.epoch !== put.creation.epoch));
    const next = isOver ? by.now(written.state, done) : afterPut(written.state, run, by);
    yield by.step(`puts ${put.creation.run}: ${how}`, next, fault);
  }
}

function afterPut(state: State, run: Run, by: Person): State {
  if (run.waitsFor) return relate(state, by, run, 'attach');
  return by.now(ring(state, doorbellsOf(run, by.clock), by.rules), done);
}
