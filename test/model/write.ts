import type { Run } from '../../lib/model/run.ts';
import { schemaVersion } from '../../lib/model/run.ts';
import { applyTransition, asStored } from '../../lib/testing/apply-transition.ts';
import { brokenByWrite } from '../../lib/testing/invariants.ts';
import { Memo } from './memo.ts';
import { type Put, replace, type State, type Write } from './state.ts';

export interface Written {
  readonly state: State;
  readonly applied: boolean;
  /** As the writer sees it: undefined also where a newer version wrote the item. */
  readonly run: Run | undefined;
  readonly broken: readonly string[];
}

/** One request to the store. */
export function write(state: State, request: Write): Written {
  const before = state.runs[request.run];
  if (!before) return { state, applied: false, run: undefined, broken: [] };
  const { broken, run } = effects.of(request, { before, now: state.now }, isSameMoment, () =>
    effectOf(before, request, state),
  );
  if (!run) return { state, applied: false, run: readable(before), broken };
  return { state: { ...state, runs: replace(state.runs, request.run, run) }, applied: true, run, broken };
}

interface Moment {
  readonly before: Run;
  readonly now: number;
}

interface Effect {
  /** As it is afterwards; undefined where the write was refused. */
  readonly run: Run | undefined;
  readonly broken: readonly string[];
}

const isSameMoment = (one: Moment, other: Moment): boolean =>
  one.before === other.before && one.now === other.now;

/** A request is on its way through all that others do meanwhile. */
const effects = new Memo<Write, Moment, Effect>();

function effectOf(before: Run, request: Write, { looksMax, now }: State): Effect {
  const after = applyTransition(before, request.transition);
  if (!after) return { run: undefined, broken: [] };
  return { run: normal(after, looksMax), broken: brokenByWrite(before, after, request, now) };
}

/** Looks are counted no further than they matter, and the nodes of a map have no order. */
function normal(run: Run, looksMax: number): Run {
  const looks = Math.min(run.looks, looksMax);
  const paths = Object.keys(run.nodes);
  const isSorted = paths.every((path, index) => index === 0 || path > (paths[index - 1] ?? ''));
  if (isSorted) return looks === run.looks ? run : { ...run, looks };
  const nodes = Object.fromEntries(Object.entries(run.nodes).sort(([a], [b]) => (a < b ? -1 : 1)));
  return { ...run, looks, nodes };
}

export const readable = (run: Run): Run | undefined => (run.schema > schemaVersion ? undefined : run);

/** A write and what the writer does on its answer, in every way that it can go. */
export function* answers(
  state: State,
  request: Write,
): Generator<{ readonly how: string; readonly fault: boolean; readonly written: Written }> {
  const written = write(state, request);
  yield { how: written.applied ? 'applied' : 'refused', fault: false, written };
  if (!written.applied || state.budget.lostResponses === 0) return;
  const { budget } = written.state;
  const spent = { ...written.state, budget: { ...budget, lostResponses: budget.lostResponses - 1 } };
  const again = write(spent, request);
  const how = `applied, response lost, sent again and ${again.applied ? 'applied' : 'refused'}`;
  yield { how, fault: true, written: { ...again, broken: [...written.broken, ...again.broken] } };
}

/** Puts a run where none is, in every way that it can go. */
export function* puts(
  state: State,
  { creation, run }: Put,
): Generator<{ readonly how: string; readonly fault: boolean; readonly written: Written }> {
  const existing = state.runs[run];
  if (existing) {
    yield { how: 'is there', fault: false, written: refused(state, existing) };
    return;
  }
  const stored = asStored(creation);
  const put = { ...state, runs: replace(state.runs, run, stored) };
  yield { how: 'put', fault: false, written: { state: put, applied: true, run: stored, broken: [] } };
  if (state.budget.lostResponses === 0) return;
  const { budget } = put;
  const spent = { ...put, budget: { ...budget, lostResponses: budget.lostResponses - 1 } };
  yield { how: 'put, response lost, put again', fault: true, written: refused(spent, stored) };
}

const refused = (state: State, run: Run): Written => ({
  state,
  applied: false,
  run: readable(run),
  broken: [],
});
