import type { Run, RunNode } from '../../../lib/model/run.ts';
import { takeOverGraceMs } from '../../../lib/protocol/limits.ts';
import { farMs, lookaheadMs } from '../scenario.ts';
import { isRepeated } from '../sketch.ts';
import { done, idle, type Message, replace, type State, type Step, type Worker } from '../state.ts';
import { write } from '../write.ts';
import { type Rules, spend } from './requests.ts';

/** What happens to the actors: time, the queue's whims, crashes, late requests, newer versions. */
export function* environmentSteps(state: State, rules: Rules): Generator<Step> {
  yield* advance(state, rules);
  yield* queue(state, rules);
  yield* crashes(state);
  yield* freezes(state);
  yield* lateWrites(state);
  if (state.budget.upgrades > 0) yield* upgrades(state);
}

/** To the next moment that matters to anyone. In between nothing can be told apart. */
function* advance(state: State, { scenario }: Rules): Generator<Step> {
  if (busy(state).some((name) => !state.frozen.includes(name))) return;
  const skews = [0, ...scenario.skewsMs];
  const times = [
    ...state.runs.flatMap((run) => (isIndexed(run) ? momentsOf(run, skews) : [])),
    ...state.workers.flatMap((worker, index) =>
      worker.at === 'run' ? [worker.held.until + 1 - (skews[index + 1] ?? 0)] : [],
    ),
  ];
  const later = times.filter((time) => time > state.now && time <= state.now + farMs);
  if (later.length === 0) return;
  const now = Math.min(...later);
  yield { label: `${now - state.now} ms pass`, next: { ...state, now }, fault: false, broken: [] };
}

/** Actors with a request in hand. */
function busy(state: State): string[] {
  const isBusy = ({ at }: { at: string }) => !['idle', 'run', 'submit', 'ask', 'done'].includes(at);
  const named = (kind: string, actors: readonly { at: string }[]) =>
    actors.flatMap((actor, index) => (isBusy(actor) ? [`${kind} ${index}`] : []));
  return [
    ...named('worker', state.workers),
    ...named('discovery', state.discoverers),
    ...named('client', state.clients),
  ];
}

function* freezes(state: State): Generator<Step> {
  if (state.budget.freezes === 0) return;
  for (const name of busy(state)) {
    if (state.frozen.includes(name)) continue;
    const next = { ...spend(state, 'freezes'), frozen: [...state.frozen, name] };
    yield { label: `${name} freezes`, next, fault: true, broken: [] };
  }
}

const isIndexed = (run: Run | undefined): run is Run => run?.phase === 'active' || run?.phase === 'ending';

function momentsOf(run: Run, skews: readonly number[]): readonly number[] {
  return [
    run.at,
    run.at - lookaheadMs,
    ...Object.values(run.nodes).flatMap((node) => momentsOfNode(node, skews)),
  ];
}

function momentsOfNode(node: RunNode, skews: readonly number[]): number[] {
  const due = node.status === 'ready' ? node.notBefore : node.signal?.until;
  if (due !== undefined && node.status !== 'running')
    return [...skews.map((skew) => due - skew), due - lookaheadMs];
  if (node.status !== 'running') return [];
  const { until } = node.lease;
  return [until + 1, ...skews.map((skew) => until + takeOverGraceMs + 1 - skew)];
}

function* queue(state: State, { scenario }: Rules): Generator<Step> {
  for (const [index, message] of state.queue.entries()) {
    if (isRepeated(state.queue, index)) continue;
    const label = `a message of ${message.dispatch.run} is lost`;
    yield {
      label,
      next: { ...state, queue: state.queue.toSpliced(index, 1) },
      fault: true,
      broken: [],
    };
  }
  if (state.budget.duplicates === 0 || state.queue.length >= scenario.messagesMax) return;
  const inHand = state.workers.flatMap((worker) => messageOf(worker) ?? []);
  for (const message of [...inHand, ...state.queue]) {
    const next = { ...spend(state, 'duplicates'), queue: [...state.queue, message] };
    yield { label: `a message of ${message.dispatch.run} is delivered again`, next, fault: true, broken: [] };
  }
}

function messageOf(worker: Worker): Message | undefined {
  if (worker.at === 'idle') return undefined;
  return 'message' in worker ? worker.message : worker.held.message;
}

function* crashes(state: State): Generator<Step> {
  if (state.budget.crashes === 0) return;
  const from = spend(state, 'crashes');
  for (const [index, worker] of state.workers.entries()) {
    const message = messageOf(worker);
    if (!message) continue;
    const next = {
      ...from,
      workers: replace(from.workers, index, idle),
      queue: [...from.queue, message],
    };
    yield { label: `worker ${index} crashes before: ${worker.at}`, next, fault: true, broken: [] };
  }
  for (const [index, { at }] of state.discoverers.entries()) {
    if (at !== 'look' && at !== 'relate') continue;
    const next = { ...from, discoverers: replace(from.discoverers, index, idle) };
    yield { label: `discovery ${index} crashes before: ${at}`, next, fault: true, broken: [] };
  }
  for (const [index, { at }] of state.clients.entries()) {
    if (at !== 'relate') continue;
    const next = { ...from, clients: replace(from.clients, index, done) };
    yield { label: `client ${index} dies before: ${at}`, next, fault: true, broken: [] };
  }
}

/** A request is sent again while the first one is still on its way, and that one arrives at any later time. */
function* lateWrites(state: State): Generator<Step> {
  if (state.budget.late > 0) {
    for (const [index, actor] of [...state.workers, ...state.discoverers].entries()) {
      const pending =
        actor.at === 'relate' ? actor.relating.write : 'write' in actor ? actor.write : undefined;
      if (!pending) continue;
      const next = { ...spend(state, 'late'), late: [...state.late, pending] };
      const who =
        index < state.workers.length ? `worker ${index}` : `discovery ${index - state.workers.length}`;
      const label = `${who} sends ${pending.transition.name} again: the first one is still on its way`;
      yield { label, next, fault: true, broken: [] };
    }
  }
  for (const [index, request] of state.late.entries()) {
    const rest = { ...state, late: state.late.toSpliced(index, 1) };
    const written = write(rest, request);
    const label = `a late ${request.transition.name} arrives: ${written.applied ? 'applied' : 'refused'}`;
    yield { label, next: written.state, fault: true, broken: written.broken };
  }
}

function* upgrades(state: State): Generator<Step> {
  for (const [index, old] of state.runs.entries()) {
    if (!old) continue;
    const run = { ...old, schema: old.schema + 1 };
    const next = { ...spend(state, 'upgrades'), runs: replace(state.runs, index, run) };
    yield { label: `a newer version takes ${run.run}`, next, fault: true, broken: [] };
  }
}
