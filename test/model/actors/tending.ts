import type { NodeId, Nonce } from '../../../lib/model/ids.ts';
import type { Run } from '../../../lib/model/run.ts';
import type { CommitOptions } from '../../../lib/protocol/commit.ts';
import { forksToJoin } from '../../../lib/protocol/nodes/join.ts';
import { joinFork } from '../../../lib/protocol/open-join.ts';
import { freeName, leaseEnd, shapeOf } from '../scenario.ts';
import { idle, type Message, type State, type Worker } from '../state.ts';
import type { Written } from '../write.ts';
import { needsTending, relate } from './relating.ts';
import { request, ring } from './requests.ts';
import { type Actor, holdNext, relaterOf } from './worker.ts';

const hourMs = 3_600_000;
const joinTriesMax = 3;

/** @param nonce of the lease on what comes next; without it that is left to messages */
export function commitOptions(actor: Actor, message: Message, nonce: Nonce | undefined): CommitOptions {
  const { scenario } = actor.rules;
  const { attemptsMax, elsewhere, hopLimit, leaseMinutes } = scenario;
  const endsAt = leaseEnd(actor.state.now, leaseMinutes);
  return {
    shape: shapeOf(scenario, message.run),
    planOf: (path) => ({ attemptsMax, leaseMs: hourMs, isElsewhere: elsewhere.includes(path) }),
    now: actor.clock,
    expires: 1,
    hop: message.dispatch.hop,
    hopLimit,
    nameChild: () => freeName(actor.state, scenario),
    inline: nonce && { nonce, worker: `worker-${actor.index}`, endsAt },
  };
}

/** What a run needs once a node has ended and gave its holder no other, as lib/worker/tend.ts does it. */
export function tend(actor: Actor, message: Message, run: Run, nonce: Nonce | undefined): State {
  const goesOn = run.phase === 'active' && !run.control && forksToJoin(run).length > 0;
  if (!needsTending(run)) return goesOn ? joinNext(actor, message, run, nonce) : actor.become(idle);
  const then = goesOn ? { run, ...(nonce && { nonce }) } : undefined;
  return relate(actor.state, relaterOf(actor, { message, ...(then && { then }) }), run);
}

/** Opens the join of a fork whose branches have all ended. */
export function joinNext(actor: Actor, message: Message, run: Run, nonce: Nonce | undefined): State {
  const [toJoin] = forksToJoin(run);
  if (!toJoin) return actor.become(idle);
  return planJoin(actor, run, { message, fork: toJoin.fork, nonce, tries: 0 });
}

interface Joining {
  readonly message: Message;
  readonly fork: NodeId;
  readonly nonce?: Nonce | undefined;
  readonly tries: number;
}

export function planJoin(actor: Actor, run: Run, { fork, message, nonce, tries }: Joining): State {
  const planned =
    tries < joinTriesMax ? joinFork(run, fork, commitOptions(actor, message, nonce)) : undefined;
  if (!planned) return actor.become(idle);
  const { continues, dispatches, transition } = planned;
  const rings = dispatches.map(({ message: { node } }) => node);
  const write = request(actor.rules, message.run, transition, { skewMs: actor.skewMs, rings });
  const next = { ...(nonce && { nonce }), ...(continues && { continues }) };
  return actor.become({ at: 'join', message, write, fork, tries, dispatches, ...next });
}

export function joined(
  actor: Actor,
  worker: Extract<Worker, { at: 'join' }>,
  { applied, run }: Written,
): State {
  if (!run) return actor.become(idle);
  const { continues, dispatches, message, tries } = worker;
  const rung = applied ? actor.in(ring(actor.state, dispatches, actor.rules)) : actor;
  const mine = continues && holdNext(rung, message, run, continues);
  if (mine && mine.workers[actor.index]?.at === 'run') return mine;
  return applied ? rung.become(idle) : planJoin(actor, run, { ...worker, tries: tries + 1 });
}
