import type { TerminalStatus } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import {
  describeLeaseEvent,
  type LeaseEvent,
  type LeaseRequest,
  type Life,
  type Opening,
} from './lease-history.ts';

/** A lease as one who sees everything at once would describe it. */
interface LeaseState {
  /** The node is there. */
  readonly present: boolean;
  /** Which time of its coming this is, or was last. */
  readonly life?: Life;
  readonly epoch: number;
  readonly holder?: string;
  readonly until: EpochMs;
  /** Nobody can have it before it is woken. */
  readonly waits?: true;
  readonly ended?: TerminalStatus;
  readonly output?: string | undefined;
  /** Its run has ended. */
  readonly stopped?: true;
}

const ready: LeaseState = { present: true, epoch: 0, until: 0 };
const missing: LeaseState = { present: false, epoch: 0, until: 0 };

/** A node that somebody opens is not there before. */
const begin = (events: readonly LeaseEvent[]): LeaseState =>
  events.some(({ request }) => request.asks === 'open') ? missing : ready;

/** The lease between two requests. */
interface Moment {
  readonly state: LeaseState;
  /** The latest sending of a request that has taken effect: this moment is not before it. */
  readonly since: EpochMs;
}

/**
 * The first node whose history no single order of its requests explains, or the first run whose claims do not have
 * epochs that grow; undefined when there is none.
 *
 * @param clockErrorMs by how much the clocks that wrote and judged the ends of leases may differ in all
 */
export function findUnlinearizable(
  history: readonly LeaseEvent[],
  clockErrorMs: Ms = 0,
): readonly string[] | undefined {
  for (const [run, ofRun] of Map.groupBy(history, (event) => event.run)) {
    for (const [node, events] of Map.groupBy(ofRun, (event) => event.node)) {
      const stuck = new Search(events, clockErrorMs).run();
      const what = `the lease of ${node} of ${run} has no order of its requests that explains their answers:`;
      if (stuck) return [what, ...stuck];
    }
    const [one, other] = epochsOutOfOrder(ofRun) ?? [];
    const what = `the epochs of ${run} have no order of its claims that explains them:`;
    if (one && other) return [what, `  ${describeLeaseEvent(one)}`, `? ${describeLeaseEvent(other)}`];
  }
  return undefined;
}

/** Two claims of one epoch, or one of a smaller epoch that was sent when one of a larger had taken effect. */
function epochsOutOfOrder(events: readonly LeaseEvent[]): readonly [LeaseEvent, LeaseEvent] | undefined {
  const claims = events.flatMap((event) => {
    const epoch = 'epoch' in event.answer ? event.answer.epoch : undefined;
    return event.request.asks === 'claim' && epoch !== undefined ? [{ event, epoch }] : [];
  });
  let previous: (typeof claims)[number] | undefined;
  let latestSent: LeaseEvent | undefined;
  for (const claim of claims.sort((a, b) => a.epoch - b.epoch)) {
    const { epoch, event } = claim;
    if (previous?.epoch === epoch) return [previous.event, event];
    if (latestSent && effectOf(event) < latestSent.sentAt) return [latestSent, event];
    if (!latestSent || latestSent.sentAt < event.sentAt) latestSent = event;
    previous = claim;
  }
  return undefined;
}

/** By when a request took effect, if it did. */
const effectOf = ({ answer, answeredAt, effectBy = Number.POSITIVE_INFINITY }: LeaseEvent): EpochMs =>
  answer.answer === 'none' ? effectBy : answeredAt;

/** A request whose place is still to be found. */
interface Candidate {
  readonly index: number;
  readonly event: LeaseEvent;
}

/**
 * Looks for an order in which each request takes effect at one moment between its sending and its answer, and every
 * answer is what a lease would give (Wing and Gong's search, with the states remembered that led nowhere). A request
 * without an answer may take effect at any time after its sending, or never.
 */
class Search {
  readonly #events: readonly LeaseEvent[];
  readonly #clockErrorMs: Ms;
  readonly #deadEnds = new Set<string>();
  #furthest: readonly number[] = [];

  constructor(events: readonly LeaseEvent[], clockErrorMs: Ms) {
    this.#clockErrorMs = clockErrorMs;
    this.#events = events;
  }

  /** What was explained and what could not be; undefined when everything was. */
  run(): readonly string[] | undefined {
    const open = new Set(this.#events.keys());
    if (this.#explains({ state: begin(this.#events), since: 0 }, open, [])) return undefined;
    const left = this.#events.filter((_, index) => !this.#furthest.includes(index));
    const done = this.#furthest.flatMap((index) => this.#events[index] ?? []);
    return [
      ...done.map((event) => `  ${describeLeaseEvent(event)}`),
      ...left.map((event) => `? ${describeLeaseEvent(event)}`),
    ];
  }

  #explains(from: Moment, open: Set<number>, done: number[]): boolean {
    const begun = done.length;
    let moment = from;
    for (;;) {
      const events = this.#stillPossible(moment, open);
      if (events.every(({ event }) => event.answer.answer === 'none')) return true;
      const eligible = eligibleOf(events);
      const next = this.#free(moment, events, eligible) ?? (eligible.length === 1 ? eligible[0] : undefined);
      // Where there is nothing to choose, there is nothing to come back to.
      const after = next && this.#take(moment, next, open, done);
      if (after) {
        moment = after;
        continue;
      }
      if (!next && this.#explainsByAny(moment, { events, eligible }, open, done)) return true;
      if (done.length > this.#furthest.length) this.#furthest = [...done];
      for (const index of done.splice(begun)) open.add(index);
      return false;
    }
  }

  #stillPossible(moment: Moment, open: Set<number>): Candidate[] {
    return [...open].flatMap((index) => {
      const event = this.#events[index];
      return event && !isTooLate(event, moment) ? [{ index, event }] : [];
    });
  }

  #explainsByAny(
    moment: Moment,
    { eligible, events }: { eligible: readonly Candidate[]; events: readonly Candidate[] },
    open: Set<number>,
    done: number[],
  ): boolean {
    const key = `${events.map(({ index }) => index).join()}|${JSON.stringify(moment.state)}`;
    if (this.#deadEnds.has(key)) return false;
    for (const each of eligible) {
      const after = this.#take(moment, each, open, done);
      if (!after) continue;
      if (this.#explains(after, open, done)) return true;
      done.pop();
      open.add(each.index);
    }
    this.#deadEnds.add(key);
    return false;
  }

  /** Lets a request take effect, if it can have been answered so. */
  #take(
    { since, state }: Moment,
    { event, index }: Candidate,
    open: Set<number>,
    done: number[],
  ): Moment | undefined {
    const next = after(state, event, this.#clockErrorMs);
    if (!next) return undefined;
    open.delete(index);
    done.push(index);
    return { state: next, since: Math.max(since, event.sentAt) };
  }

  /** One that can stand here whatever comes later. */
  #free(
    { state }: Moment,
    events: readonly Candidate[],
    eligible: readonly Candidate[],
  ): Candidate | undefined {
    const lastChance = Math.min(...events.map(({ event }) => lastChanceOf(event)));
    return eligible.find(({ event }) => event.sentAt <= lastChance && this.#changesNothing(state, event));
  }

  /** An answer that fits and changes nothing can stand here: nothing later misses it. */
  #changesNothing(state: LeaseState, event: LeaseEvent): boolean {
    if (event.answer.answer === 'none' || event.answer.answer === 'granted') return false;
    return after(state, event, this.#clockErrorMs) !== undefined;
  }
}

/** Whoever was sent after another's answer comes after it. */
function eligibleOf(events: readonly Candidate[]): Candidate[] {
  const answers = events.map(({ event }) =>
    event.answer.answer === 'none' ? Number.POSITIVE_INFINITY : event.answeredAt,
  );
  const firstAnswer = Math.min(...answers);
  return events.filter(({ event }) => event.sentAt <= firstAnswer);
}

/** By when a request without an answer took effect, if it did. */
const lastChanceOf = ({ answer, effectBy }: LeaseEvent): EpochMs =>
  answer.answer === 'none' && effectBy !== undefined ? effectBy : Number.POSITIVE_INFINITY;

/** What was sent after its last chance has taken effect already. */
const isTooLate = (event: LeaseEvent, { since }: Moment) => lastChanceOf(event) < since;

/** The lease after the request, if it would have given this answer. */
function after(state: LeaseState, event: LeaseEvent, clockErrorMs: Ms): LeaseState | undefined {
  const { answer } = event;
  switch (answer.answer) {
    case 'refused':
      return mayRefuse(state, event, answer.because) ? state : undefined;
    case 'seen':
      return isAsSeen(state, answer) ? state : undefined;
    case 'not seen':
      return state.present ? undefined : state;
    default:
      return grant(state, event, clockErrorMs, answer.epoch);
  }
}

/** @param epoch of a claim, where it is known */
function grant(
  state: LeaseState,
  event: LeaseEvent,
  clockErrorMs: Ms,
  epoch: number | undefined,
): LeaseState | undefined {
  const { owner, request } = event;
  if (request.asks === 'read') return state;
  if (state.stopped) return undefined;
  switch (request.asks) {
    case 'claim':
      return isFree(state, event, clockErrorMs) && !state.waits
        ? claimed(state, owner, request.until, epoch)
        : undefined;
    case 'renew':
      return holds(state, owner, request.epoch) ? { ...state, until: request.until } : undefined;
    case 'release':
      return holds(state, owner, request.epoch) ? freed(state) : undefined;
    case 'await':
      return holds(state, owner, request.epoch) ? { ...freed(state), waits: true } : undefined;
    case 'wake':
      return state.waits ? freed(state) : undefined;
    case 'commit':
      return holds(state, owner, request.epoch) ? committed(state, request) : undefined;
    case 'end':
      return isFree(state, event, clockErrorMs) ? { ...freed(state), ended: request.status } : undefined;
    case 'open':
      return opened(state, request.opening);
    case 'leave':
      return state.ended === undefined ? undefined : gone(state);
    case 'stop':
      return { ...state, stopped: true };
  }
}

/** There, not ended, and nobody has it whose lease may be alive. */
const isFree = (state: LeaseState, event: LeaseEvent, clockErrorMs: Ms): boolean =>
  state.present &&
  state.ended === undefined &&
  (state.holder === undefined || hasRunOut(state, event, clockErrorMs));

/** Epochs are counted for the whole run: those of one node grow, by more than 1 where other nodes were claimed. */
function claimed(
  state: LeaseState,
  owner: string,
  until: EpochMs,
  epoch = state.epoch + 1,
): LeaseState | undefined {
  return epoch > state.epoch ? { ...freed(state), epoch, holder: owner, until } : undefined;
}

const freed = ({ epoch, life, present }: LeaseState): LeaseState => ({
  present,
  epoch,
  until: 0,
  ...(life && { life }),
});

const gone = (state: LeaseState): LeaseState => ({ ...freed(state), present: false });

function committed(
  state: LeaseState,
  { next, output, status }: Extract<LeaseRequest, { asks: 'commit' }>,
): LeaseState | undefined {
  if (next === 'leave') return gone(state);
  if (next) return opened(gone(state), next);
  return { ...freed(state), ended: status, output };
}

/**
 * A node comes once in each iteration, under an epoch that is not smaller than before. One of a loop's body that has
 * ended may stay in the item until it comes again.
 */
function opened(state: LeaseState, { ended, epoch, holder, life, waits }: Opening): LeaseState | undefined {
  const isOpen = state.present && state.ended === undefined;
  if (isOpen || epoch < state.epoch || (state.life && !isLater(life, state.life))) return undefined;
  return {
    present: true,
    life,
    epoch,
    until: holder?.until ?? 0,
    ...(holder && { holder: holder.owner }),
    ...(waits && { waits }),
    ...(ended && { ended: ended.status, output: ended.output }),
  };
}

function isLater(life: Life, than: Life): boolean {
  const index = life.findIndex((iteration, at) => iteration !== than[at]);
  return index >= 0 && (life[index] ?? 0) > (than[index] ?? 0);
}

const holds = (state: LeaseState, owner: string, epoch: number) =>
  state.holder === owner && state.epoch === epoch;

/** Whether the lease was over before the request can have taken effect at the latest. */
const hasRunOut = (state: LeaseState, event: LeaseEvent, clockErrorMs: Ms) =>
  state.until < effectOf(event) + clockErrorMs;

function mayRefuse(state: LeaseState, { owner, request }: LeaseEvent, because: string): boolean {
  switch (because) {
    case 'Leased':
      return state.holder !== undefined && !state.stopped;
    case 'Finished':
      return state.ended !== undefined || state.stopped === true;
    case 'NotHolder':
      return !('epoch' in request && holds(state, owner, request.epoch));
    case 'NoSuchNode':
      return !state.present;
    default:
      return true;
  }
}

function isAsSeen(state: LeaseState, seen: Extract<LeaseEvent['answer'], { answer: 'seen' }>): boolean {
  const free = state.waits ? 'waiting' : 'ready';
  const status = state.ended ?? (state.holder === undefined ? free : 'running');
  return (
    state.present && seen.epoch === state.epoch && seen.status === status && seen.output === state.output
  );
}
