import type { LeasedNode, Run, RunNode } from '../../../lib/model/run.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import { awaitChild } from '../../../lib/protocol/child.ts';
import { commit } from '../../../lib/protocol/commit.ts';
import type { Ending } from '../../../lib/protocol/end.ts';
import { giveWay, type HandBack, retryLater, yieldNode } from '../../../lib/protocol/hand-back.ts';
import type { Leaving } from '../../../lib/protocol/history.ts';
import { timedOut } from '../../../lib/protocol/nodes/next.ts';
import { decides, type Place, placeOf } from '../../../lib/protocol/nodes/place.ts';
import { readRefusedWrite } from '../../../lib/protocol/refused-write.ts';
import { treeOf } from '../../../lib/testing/tree.ts';
import { Memo } from '../memo.ts';
import { nonceName, type Scenario, shapeOf } from '../scenario.ts';
import { type Held, idle, type Result, type Settling, type State, type Step, type Worker } from '../state.ts';
import type { Written } from '../write.ts';
import { planStart, startsChild } from './children.ts';
import { request, ring, spend } from './requests.ts';
import { commitOptions, tend } from './tending.ts';
import { type Actor, holdNext } from './worker.ts';

/** On a full minute, as all that happens is. */
const permitMs = 120_000;

/** All ways in which the attempt of a holder can end. */
export function* finishing(actor: Actor, held: Held): Generator<Step> {
  const { rules, state } = actor;
  if (startsChild(held)) yield actor.step('plans a child', planStart(actor, held));
  // Only the names of children depend on the other runs.
  const runs = rules.scenario.others.length > 0 ? state.runs : undefined;
  const at = { now: state.now, nonces: state.nonces, runs, yields: state.budget.yields > 0 };
  for (const { fault, label, settler, spends } of plans.of(held, at, isSameMoment, () =>
    plansOf(actor, held),
  )) {
    const nonces = spends === 'nonce' ? state.nonces + 1 : state.nonces;
    const from = spends === 'yield' ? spend(state, 'yields') : { ...state, nonces };
    yield actor.step(label, actor.in(from).become(settler), fault);
  }
}

/** How the attempt of a holder ends. */
interface Plan {
  readonly label: string;
  readonly settler: Settler;
  readonly fault: boolean;
  readonly spends?: 'nonce' | 'yield';
}

/** All that plans depend on beside the holder itself. */
interface Moment {
  readonly now: number;
  readonly nonces: number;
  readonly runs: State['runs'] | undefined;
  readonly yields: boolean;
}

const isSameMoment = (one: Moment, other: Moment): boolean =>
  one.now === other.now &&
  one.nonces === other.nonces &&
  one.runs === other.runs &&
  one.yields === other.yields;

/** A holder may end while others do one thing after the other, in the same ways after each. */
const plans = new Memo<Held, Moment, readonly Plan[]>();

function plansOf(actor: Actor, held: Held): Plan[] {
  const place = placeAt(actor, held);
  const node = held.run.nodes[held.fence.node];
  const ends = (label: string, result: Result, fault = false): Plan => ({
    label,
    settler: settlerOf(actor, held, held.run, result),
    fault,
  });
  const values = endsOf(place, held).flatMap((decision) => {
    const kind = { kind: 'value', ...(decision !== undefined && { decision }) } as const;
    const what = `${decision ?? 'a value'} of ${held.fence.node}`;
    return waysOn(actor.rules.scenario, held).map((goesOn): Plan => {
      if (!goesOn) return ends(`returns ${what}`, kind);
      const nonce = nonceName(actor.state.nonces + 1);
      return { ...ends(`returns ${what} and goes on`, { ...kind, nonce }), spends: 'nonce' };
    });
  });
  // A delay has no code that could throw, and neither has a signal that did not come.
  const throws = place.element.kind !== 'delay' && !node?.signal?.timedOut;
  const yields = actor.state.budget.yields > 0;
  return [
    ...values,
    ...(throws ? [ends('throws', { kind: 'error' }, !node || !hasFailedChild(node))] : []),
    ...(held.run.control?.kind === 'cancel' ? [ends('stops for the cancel', { kind: 'cancelled' })] : []),
    ...(yields ? [{ ...ends('yields', { kind: 'yield' }, true), spends: 'yield' as const }] : []),
  ];
}

function placeAt({ rules }: Actor, { fence, message }: Held): Place {
  const place = placeOf(shapeOf(rules.scenario, message.run), fence.node);
  if (!place) throw new Error(`there is no node ${fence.node}`);
  return place;
}

/** With which decisions a node can succeed. */
function endsOf(place: Place, { fence, run }: Held): (string | undefined)[] {
  const { child, signal } = run.nodes[fence.node] ?? {};
  // Of a child that is not known to have succeeded there is no value.
  if (place.element.kind === 'child' && child?.status !== 'succeeded') return [];
  return signal?.timedOut ? [timedOut] : decisionsOf(place);
}

/** What user code can decide: `nowhere` is no route. */
function decisionsOf(place: Place): (string | undefined)[] {
  if (place.element.kind === 'branch') return [...place.element.routes.map(({ key }) => key), 'nowhere'];
  return decides(place) ? ['again', 'done'] : [undefined];
}

function waysOn(scenario: Scenario, { fence, message }: Held): boolean[] {
  const { inline } = scenario;
  if (inline === 'never' || treeOf(shapeOf(scenario, message.run)).lasts.has(fence.node))
    return [inline !== 'never'];
  return inline === 'always' ? [true] : [true, false];
}

/** Decides on the run as it was seen last, as lib/worker/settle.ts does; what leaves the run is put into history first. */
export const planSettle = (actor: Actor, held: Held, run: Run, result: Result): State =>
  actor.become(settlerOf(actor, held, run, result));

function settlerOf(actor: Actor, held: Held, run: Run, result: Result): Settler {
  const { leaving, settling, transition } = decide(actor, held, run, result);
  const write = request(actor.rules, held.message.run, transition, {
    fence: held.fence,
    rings: settling.dispatches.map(({ message }) => message.node),
    history: leaving,
  });
  return { at: 'settle', held, write, result, settling };
}

interface Decided {
  readonly transition: Transition;
  readonly settling: Settling;
  readonly leaving: Leaving;
}

function decide(actor: Actor, held: Held, run: Run, result: Result): Decided {
  const node = run.nodes[held.fence.node] as LeasedNode;
  const now = actor.clock;
  const { backoffMs, hopLimit, outputChars } = actor.rules.scenario;
  const hop = { now, hop: held.message.dispatch.hop, hopLimit };
  const failure = { type: 'Error', message: 'failed', attempt: node.attempt };
  const { decision } = result;
  switch (result.kind) {
    case 'value':
      return end(actor, held, run, result, {
        status: 'succeeded',
        // A route has no output of its own, and neither has a signal that did not come.
        ...(!isPassing(actor, held) && { output: { text: 'x'.repeat(outputChars) } }),
        cached: false,
        ...(decision !== undefined && { decision }),
      });
    case 'cancelled':
      return end(actor, held, run, result, { status: 'cancelled' });
    case 'await':
      return awaiting(actor, held, run, result);
    case 'yield':
      if (run.control?.kind === 'cancel') return end(actor, held, run, result, { status: 'cancelled' });
      return handedBack(handBack(actor, run, held, hop));
    case 'error':
      if (node.attempt < node.attemptsMax && run.control?.kind !== 'cancel' && !hasFailedChild(node))
        return handedBack(retryLater(run, held.fence, { failure, delayMs: backoffMs, ...hop }));
      return end(actor, held, run, result, { status: 'failed', failure });
  }
}

function handBack(
  { clock, rules }: Actor,
  run: Run,
  { fence }: Held,
  hop: { readonly now: number; readonly hop: number; readonly hopLimit: number },
): HandBack {
  const { givesWay } = rules.scenario;
  if (givesWay === undefined) return yieldNode(run, fence, { checkpoint: undefined, ...hop });
  const { attempt = 0 } = run.nodes[fence.node] ?? {};
  const asked = { name: 'limit', key: '', since: clock, attempt };
  const permit = givesWay === 'permit' ? { permit: clock + permitMs } : {};
  return giveWay(run, fence, { limited: { ...asked, ...permit }, ...hop });
}

/** A child that has failed does not succeed by being asked again. */
const hasFailedChild = ({ child }: RunNode): boolean =>
  child?.status !== undefined && child.status !== 'succeeded';

/** A child that has ended before its starter let go of the node: the same holder takes the result. */
function awaiting(actor: Actor, held: Held, run: Run, result: Result): Decided {
  const status = run.nodes[held.fence.node]?.child?.status;
  if (status === undefined)
    return {
      transition: awaitChild(run, held.fence),
      settling: { wrote: 'waiting', dispatches: [] },
      leaving: {},
    };
  return decide(actor, held, run, { ...result, kind: status === 'succeeded' ? 'value' : 'error' });
}

const isPassing = (actor: Actor, held: Held): boolean =>
  placeAt(actor, held).element.kind === 'branch' ||
  held.run.nodes[held.fence.node]?.signal?.timedOut !== undefined;

const handedBack = ({ dispatches, transition }: HandBack): Decided => ({
  transition,
  settling: { wrote: 'ready', dispatches },
  leaving: {},
});

function end(actor: Actor, held: Held, run: Run, { nonce }: Result, ending: Ending): Decided {
  const options = commitOptions(actor, held.message, nonce);
  const { continues, dispatches, leaving, status, transition } = commit(run, held.fence, ending, options);
  return { transition, settling: { wrote: status, dispatches, ...(continues && { continues }) }, leaving };
}

type Settler = Extract<Worker, { at: 'settle' }>;

export function settle(actor: Actor, worker: Settler, { applied, run }: Written): State {
  const { held, result, settling } = worker;
  if (applied && run) return followUp(actor, worker, run);
  const read = readRefusedWrite(run, held.fence, settling.wrote, settling.continues);
  switch (read.now) {
    case 'lost':
      return actor.become(idle);
    case 'mine':
      return planSettle(actor, held, read.run, result);
    case 'done': {
      const isDropped = actor.rules.mutation?.slip === 'hand-back done is dropped';
      return isDropped ? actor.become(idle) : followUp(actor, worker, read.run);
    }
  }
}

/** Rings, and goes on with the next node or with what the run needs now. */
function followUp(actor: Actor, { held, result, settling }: Settler, run: Run): State {
  const { continues, dispatches } = settling;
  const rung = actor.in(ring(actor.state, dispatches, actor.rules));
  const { message } = held;
  return continues ? holdNext(rung, message, run, continues) : tend(rung, message, run, result.nonce);
}
