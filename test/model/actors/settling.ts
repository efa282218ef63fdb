import type { LeasedNode, Run, RunNode } from '../../../lib/model/run.ts';
import { soleNode } from '../../../lib/model/run.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import { commit, readRefusedWrite } from '../../../lib/protocol/commit.ts';
import type { Ending } from '../../../lib/protocol/end.ts';
import { type HandBack, retryLater, yieldNode } from '../../../lib/protocol/hand-back.ts';
import { taskCommit } from '../../support/task-shape.ts';
import type { Held, Result, State, Step, Worker, Write } from '../state.ts';
import type { Written } from '../write.ts';
import { request, ring, spend } from './requests.ts';
import type { Actor } from './worker.ts';

/** All ways in which the attempt of a holder can end. */
export function* finishing(actor: Actor, held: Held): Generator<Step> {
  const { state } = actor;
  yield actor.step('returns a value', planSettle(actor, held, held.run, 'value'));
  yield actor.step('throws', planSettle(actor, held, held.run, 'error'), true);
  if (held.run.control) {
    yield actor.step('stops for the cancel', planSettle(actor, held, held.run, 'cancelled'));
  }
  if (state.budget.yields > 0) {
    yield actor.step('yields', planSettle(actor.in(spend(state, 'yields')), held, held.run, 'yield'), true);
  }
}

/** Decides on the run as it was seen last, as lib/worker/settle.ts does. */
function planSettle(actor: Actor, held: Held, run: Run, result: Result): State {
  const decided = decide(actor, held, run, result);
  const handBack = 'dispatches' in decided ? decided : undefined;
  const transition = 'dispatches' in decided ? decided.transition : decided;
  const write = request(actor.rules, held.message.run, transition, {
    fence: held.fence,
    ...(handBack && { rings: handBack.dispatches.map(({ message }) => message.node) }),
  });
  return actor.become({ at: 'settle', held, write, result, ...(handBack && { handBack }) });
}

function decide(actor: Actor, held: Held, run: Run, result: Result): Transition | HandBack {
  const node = run.nodes[soleNode] as LeasedNode;
  const now = actor.clock;
  const { backoffMs, hopLimit } = actor.rules.scenario;
  const hop = { now, hop: held.message.dispatch.hop, hopLimit };
  const failure = { type: 'Error', message: 'failed', attempt: node.attempt };
  switch (result) {
    case 'value':
      return end(actor, held, run, {
        status: 'succeeded',
        output: { text: `"${held.fence.nonce}"` },
        cached: false,
      });
    case 'cancelled':
      return end(actor, held, run, { status: 'cancelled' });
    case 'yield':
      if (run.control) return end(actor, held, run, { status: 'cancelled' });
      return yieldNode(run, held.fence, { checkpoint: undefined, ...hop });
    case 'error':
      if (node.attempt < node.attemptsMax && !run.control)
        return retryLater(run, held.fence, { failure, delayMs: backoffMs, ...hop });
      return end(actor, held, run, { status: 'failed', failure });
  }
}

/** The status in which the write leaves the node. */
function wrote({ transition }: Write): RunNode['status'] | undefined {
  const update = transition.updates.find((each) => 'value' in each && each.set.at(-1) === 'status');
  return update && 'value' in update ? (update.value as RunNode['status']) : undefined;
}

const end = (actor: Actor, held: Held, run: Run, ending: Ending) =>
  commit(run, held.fence, ending, taskCommit(actor.clock, 1)).transition;

export function settle(
  actor: Actor,
  worker: Extract<Worker, { at: 'settle' }>,
  { applied, run }: Written,
): State {
  const { handBack, held, result } = worker;
  if (applied && run) return handBack ? handedBack(actor, handBack) : actor.become({ at: 'idle' });
  const read = readRefusedWrite(run, held.fence, wrote(worker.write));
  if (read.now === 'lost') return actor.become({ at: 'idle' });
  if (read.now === 'mine') return planSettle(actor, held, read.run, result);
  if (handBack && actor.rules.mutation?.slip !== 'hand-back done is dropped')
    return handedBack(actor, handBack);
  return actor.become({ at: 'idle' });
}

const handedBack = (actor: Actor, { dispatches }: HandBack): State =>
  actor.in(ring(actor.state, dispatches, actor.rules)).become({ at: 'idle' });
