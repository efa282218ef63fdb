import type { NodeId, Nonce } from '../../../lib/model/ids.ts';
import type { Run } from '../../../lib/model/run.ts';
import type { EpochMs } from '../../../lib/model/time.ts';
import { claim, decideRefusedClaim } from '../../../lib/protocol/claim.ts';
import type { Fence } from '../../../lib/protocol/guards.ts';
import { readRefusedWrite } from '../../../lib/protocol/refused-write.ts';
import { renew } from '../../../lib/protocol/renew.ts';
import { Memo } from '../memo.ts';
import { leaseEnd, nonceName } from '../scenario.ts';
import { isRepeated } from '../sketch.ts';
import { type Held, idle, type Message, replace, type State, type Step, type Worker } from '../state.ts';
import { answers, puts, type Written } from '../write.ts';
import { childStarted } from './children.ts';
import { type Relater, relatingSteps } from './relating.ts';
import { type Rules, request, spend } from './requests.ts';
import { finishing, settle } from './settling.ts';
import { joined, joinNext, planJoin, tend } from './tending.ts';

/** What an executor can do next: the same order of requests as in lib/worker, each one a step. */
export function* workerSteps(state: State, index: number, rules: Rules): Generator<Step> {
  const worker = state.workers[index];
  if (!worker) return;
  const actor = new Actor(state, index, rules);
  if (worker.at === 'idle') return yield* receive(actor);
  if (worker.at === 'run') return yield* running(actor, worker.held);
  if (worker.at === 'relate') return yield* relating(actor, worker);
  if (worker.at === 'start') {
    for (const { how, fault, written } of puts(state, worker.put))
      yield actor.step(`puts a child: ${how}`, childStarted(actor.in(written.state), worker, written), fault);
    return;
  }
  for (const { how, fault, written } of answers(state, worker.write)) {
    const next = answered(actor.in(written.state), worker, written);
    yield { ...actor.step(`${worker.write.transition.name}: ${how}`, next, fault), broken: written.broken };
  }
}

function* relating(actor: Actor, worker: Extract<Worker, { at: 'relate' }>): Generator<Step> {
  for (const { label, next, ...step } of relatingSteps(
    actor.state,
    relaterOf(actor, worker),
    worker.relating,
  ))
    yield { ...actor.step(label, next), ...step };
}

/** What is done for runs beyond their nodes holds up what comes after it. */
export function relaterOf(
  actor: Actor,
  { message, then }: Pick<Extract<Worker, { at: 'relate' }>, 'message' | 'then'>,
): Relater {
  return {
    rules: actor.rules,
    clock: actor.clock,
    skewMs: actor.skewMs,
    become(state, relating) {
      const now = actor.in(state);
      if (relating) return now.become({ at: 'relate', message, relating, ...(then && { then }) });
      return then ? joinNext(now, message, then.run, then.nonce) : now.become(idle);
    },
  };
}

/** One worker in one state. */
export class Actor {
  readonly state: State;
  readonly index: number;
  readonly rules: Rules;

  constructor(state: State, index: number, rules: Rules) {
    this.state = state;
    this.index = index;
    this.rules = rules;
  }

  get skewMs(): number {
    return this.rules.scenario.skewsMs[this.index] ?? 0;
  }

  get clock(): number {
    return this.state.now + this.skewMs;
  }

  in(state: State): Actor {
    return new Actor(state, this.index, this.rules);
  }

  become(worker: Worker): State {
    return { ...this.state, workers: replace(this.state.workers, this.index, worker) };
  }

  giveBack(message: Message): State {
    return this.in({ ...this.state, queue: [...this.state.queue, message] }).become(idle);
  }

  step(label: string, next: State, fault = false): Step {
    return { label: `worker ${this.index} ${label}`, next, fault, broken: [] };
  }
}

function* receive(actor: Actor): Generator<Step> {
  const { state } = actor;
  for (const [at, message] of state.queue.entries()) {
    if (isRepeated(state.queue, at)) continue;
    const taken = { ...state, queue: state.queue.toSpliced(at, 1), nonces: state.nonces + 1 };
    const nonce = nonceName(taken.nonces);
    const moment = { now: state.now, nonces: taken.nonces, index: actor.index };
    const claimer = claimers.of(message, moment, isSameMoment, () =>
      claimerOf(actor, { message, nonce, tries: 0, seenAt: undefined }),
    );
    const next = actor.in(taken).become(claimer);
    yield actor.step(`receives ${message.dispatch.run} of ${message.dispatch.hash}`, next);
  }
}

/** All that a first claim depends on beside its message. */
interface Moment {
  readonly now: number;
  readonly nonces: number;
  readonly index: number;
}

const isSameMoment = (one: Moment, other: Moment): boolean =>
  one.now === other.now && one.nonces === other.nonces && one.index === other.index;

/** A message may be received while others do one thing after the other. */
const claimers = new Memo<Message, Moment, Worker>();

const triesMax = 3;

interface Try {
  readonly message: Message;
  readonly nonce: Nonce;
  readonly tries: number;
  readonly seenAt: EpochMs | undefined;
}

const planClaim = (actor: Actor, next: Try): State =>
  next.tries === triesMax ? actor.giveBack(next.message) : actor.become(claimerOf(actor, next));

function claimerOf(actor: Actor, { message, nonce, tries, seenAt }: Try): Worker {
  const { tenant, run, node, hash } = message.dispatch;
  const leaseUntil = leaseEnd(actor.state.now, actor.rules.scenario.leaseMinutes);
  const command = { key: { tenant, run }, node, hash, nonce, worker: `worker-${actor.index}`, leaseUntil };
  const transition = claim(command, actor.clock, seenAt);
  const write = request(actor.rules, message.run, transition, { hash, skewMs: actor.skewMs });
  return { at: 'claim', message, command, write, tries, seenAt };
}

type Waiting = Exclude<Worker, { at: 'idle' | 'run' | 'relate' | 'start' }>;

function answered(actor: Actor, worker: Waiting, written: Written): State {
  switch (worker.at) {
    case 'claim':
    case 'takeOver':
    case 'wake':
    case 'exhaust':
      return claimAnswered(actor, worker, written);
    case 'renew':
      return renewAnswered(actor, worker, written);
    case 'settle':
      return settle(actor, worker, written);
    case 'join':
      return joined(actor, worker, written);
  }
}

type Claiming = Extract<Worker, { at: 'claim' | 'takeOver' | 'wake' | 'exhaust' }>;

function claimAnswered(actor: Actor, worker: Claiming, { applied, run }: Written): State {
  const { command, message, tries, seenAt } = worker;
  if (applied && run && worker.at === 'exhaust') return tend(actor, message, run, undefined);
  if (applied && run && worker.at !== 'wake') return hold(actor, worker, run);
  const { nonce } = command;
  if (worker.at !== 'claim') return planClaim(actor, { message, nonce, tries: tries + 1, seenAt });
  // A newer version's item: left to those who can read it.
  if (!run && actor.state.runs[message.run]) return actor.giveBack(message);
  const seen = run && (actor.rules.mutation?.seen?.(run) ?? run);
  const decided = decideRefusedClaim(seen, command, actor.clock, 1);
  switch (decided.decision) {
    case 'hold':
      return hold(actor, worker, decided.run);
    case 'drop':
      return actor.become(idle);
    case 'join':
      return joinLate(actor, message, decided.run, decided.fork);
    case 'defer':
    case 'mismatch':
      return actor.giveBack(message);
    case 'again':
      return planClaim(actor, { message, nonce, tries: tries + 1, seenAt: decided.seenAt });
    case 'takeOver':
    case 'wake':
    case 'exhaust': {
      const { hash, skewMs } = worker.write;
      const write = request(actor.rules, message.run, decided.transition, { ...(hash && { hash }), skewMs });
      return actor.become({ at: decided.decision, message, command, write, tries, seenAt });
    }
  }
}

function hold(actor: Actor, { command, message }: Claiming, run: Run): State {
  const node = run.nodes[command.node];
  if (node?.status !== 'running') throw new Error('a claim must leave the node leased');
  const fence: Fence = { node: command.node, epoch: node.epoch, nonce: command.nonce };
  const held: Held = { message, run, fence, until: node.lease.until };
  return actor.become({ at: 'run', held });
}

/** Goes on with the node that its own write has leased to it, unless somebody else has it by now. */
export function holdNext(actor: Actor, message: Message, run: Run, fence: Fence): State {
  const node = run.nodes[fence.node];
  if (node?.status !== 'running' || node.lease.nonce !== fence.nonce) return actor.become(idle);
  return actor.become({ at: 'run', held: { message, run, fence, until: node.lease.until } });
}

/** The holder of the last branch ended before it opened the join. */
function joinLate(actor: Actor, message: Message, run: Run, fork: NodeId): State {
  if (actor.rules.scenario.inline === 'never') return planJoin(actor, run, { message, fork, tries: 0 });
  const nonces = actor.state.nonces + 1;
  const drawn = actor.in({ ...actor.state, nonces });
  return planJoin(drawn, run, { message, fork, tries: 0, nonce: nonceName(nonces) });
}

function* running(actor: Actor, held: Held): Generator<Step> {
  const { state } = actor;
  yield* finishing(actor, held);
  if (actor.clock >= held.until) {
    yield actor.step('finds its lease run out', actor.become(idle), true);
  }
  if (state.budget.renewals > 0) {
    yield actor.step(
      'plans a renewal',
      planRenewal(actor.in(spend(state, 'renewals')), held, held.run.at, false),
      true,
    );
  }
}

/** A refusal by one who still holds the lease is tried again at once: the look was moved meanwhile. */
function planRenewal(actor: Actor, held: Held, seenAt: EpochMs, isSecond: boolean): State {
  const until = leaseEnd(actor.state.now, actor.rules.scenario.leaseMinutes);
  const { fence, message, run } = held;
  const transition = renew({ key: run, fence, leaseUntil: until, seenAt });
  const write = request(actor.rules, message.run, transition, { fence });
  return actor.become({ at: 'renew', held, write, until, isSecond });
}

function renewAnswered(
  actor: Actor,
  { held, isSecond, until }: Extract<Worker, { at: 'renew' }>,
  { applied, run }: Written,
): State {
  if (applied && run) return actor.become({ at: 'run', held: { ...held, run, until } });
  const read = readRefusedWrite(run, held.fence);
  if (read.now === 'mine')
    return isSecond ? actor.become({ at: 'run', held }) : planRenewal(actor, held, read.run.at, true);
  const kept = actor.rules.mutation?.slip === 'refused renewal kept';
  return actor.become(kept ? { at: 'run', held } : idle);
}
