import type { TerminalStatus } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import { describeLeaseEvent, type LeaseEvent } from './lease-history.ts';

/** A lease as one who sees everything at once would describe it. */
interface LeaseState {
  readonly epoch: number;
  readonly holder?: string;
  readonly until: EpochMs;
  readonly ended?: TerminalStatus;
  readonly output?: string | undefined;
}

const untouched: LeaseState = { epoch: 0, until: 0 };

/** The lease between two requests. */
interface Moment {
  readonly state: LeaseState;
  /** The latest sending of a request that has taken effect: this moment is not before it. */
  readonly since: EpochMs;
}

/**
 * The first node whose history no single order of its requests explains; undefined when each has one.
 *
 * @param clockErrorMs by how much the clocks that wrote and judged the ends of leases may differ in all
 */
export function findUnlinearizable(
  history: readonly LeaseEvent[],
  clockErrorMs: Ms = 0,
): readonly string[] | undefined {
  const byNode = Map.groupBy(history, (event) => event.node);
  for (const [node, events] of byNode) {
    const stuck = new Search(events, clockErrorMs).run();
    if (stuck)
      return [`the lease of ${node} has no order of its requests that explains their answers:`, ...stuck];
  }
  return undefined;
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
    if (this.#explains({ state: untouched, since: 0 }, open, [])) return undefined;
    const left = this.#events.filter((_, index) => !this.#furthest.includes(index));
    const done = this.#furthest.flatMap((index) => this.#events[index] ?? []);
    return [
      ...done.map((event) => `  ${describeLeaseEvent(event)}`),
      ...left.map((event) => `? ${describeLeaseEvent(event)}`),
    ];
  }

  #explains(moment: Moment, open: Set<number>, done: readonly number[]): boolean {
    if (done.length > this.#furthest.length) this.#furthest = done;
    const events = [...open].flatMap((index) => {
      const event = this.#events[index];
      return event && !isTooLate(event, moment) ? [{ index, event }] : [];
    });
    const answered = events.filter(({ event }) => event.answer.answer !== 'none');
    if (answered.length === 0) return true;
    // Whoever was sent after another's answer comes after it.
    const firstAnswer = Math.min(...answered.map(({ event }) => event.answeredAt));
    const eligible = events.filter(({ event }) => event.sentAt <= firstAnswer);
    const lastChance = Math.min(...events.map(({ event }) => lastChanceOf(event)));
    const free = eligible.find(
      ({ event }) => event.sentAt <= lastChance && this.#changesNothing(moment.state, event),
    );
    if (free) return this.#explainsAfter(moment, free, open, done);
    const key = `${events.map(({ index }) => index).join()}|${JSON.stringify(moment.state)}`;
    if (this.#deadEnds.has(key)) return false;
    if (eligible.some((each) => this.#explainsAfter(moment, each, open, done))) return true;
    this.#deadEnds.add(key);
    return false;
  }

  #explainsAfter(
    { since, state }: Moment,
    { event, index }: { event: LeaseEvent; index: number },
    open: Set<number>,
    done: readonly number[],
  ): boolean {
    const next = after(state, event, this.#clockErrorMs);
    if (!next) return false;
    open.delete(index);
    const moment = { state: next, since: Math.max(since, event.sentAt) };
    const explained = this.#explains(moment, open, [...done, index]);
    open.add(index);
    return explained;
  }

  /** An answer that fits and changes nothing can stand here: nothing later misses it. */
  #changesNothing(state: LeaseState, event: LeaseEvent): boolean {
    if (event.answer.answer === 'none' || event.answer.answer === 'granted') return false;
    return after(state, event, this.#clockErrorMs) !== undefined;
  }
}

/** By when a request without an answer took effect, if it did. */
const lastChanceOf = ({ answer, effectBy }: LeaseEvent): EpochMs =>
  answer.answer === 'none' && effectBy !== undefined ? effectBy : Number.POSITIVE_INFINITY;

/** What was sent after its last chance has taken effect already. */
const isTooLate = (event: LeaseEvent, { since }: Moment) => lastChanceOf(event) < since;

/** The lease after the request, if it would have given this answer. */
function after(state: LeaseState, event: LeaseEvent, clockErrorMs: Ms): LeaseState | undefined {
  const { answer } = event;
  if (answer.answer === 'refused') return mayRefuse(state, event, answer.because) ? state : undefined;
  if (answer.answer === 'seen') return isAsSeen(state, answer) ? state : undefined;
  const granted = grant(state, event, clockErrorMs);
  if (answer.answer === 'none' || !granted) return granted;
  return answer.epoch === undefined || answer.epoch === granted.epoch ? granted : undefined;
}

function grant(state: LeaseState, event: LeaseEvent, clockErrorMs: Ms): LeaseState | undefined {
  const { owner, request } = event;
  if (state.ended) return undefined;
  switch (request.asks) {
    case 'claim':
      if (state.holder !== undefined && !hasRunOut(state, event, clockErrorMs)) return undefined;
      return { epoch: state.epoch + 1, holder: owner, until: request.until };
    case 'renew':
      return holds(state, owner, request.epoch) ? { ...state, until: request.until } : undefined;
    case 'release':
      return holds(state, owner, request.epoch) ? { epoch: state.epoch, until: 0 } : undefined;
    case 'commit': {
      if (!holds(state, owner, request.epoch)) return undefined;
      return { epoch: state.epoch, until: 0, ended: request.status, output: request.output };
    }
    case 'end':
      if (state.holder !== undefined && !hasRunOut(state, event, clockErrorMs)) return undefined;
      return { epoch: state.epoch, until: 0, ended: request.status };
    case 'read':
      return state;
  }
}

const holds = (state: LeaseState, owner: string, epoch: number) =>
  state.holder === owner && state.epoch === epoch;

/** Whether the lease was over before the request can have taken effect at the latest. */
const hasRunOut = (state: LeaseState, { answer, answeredAt }: LeaseEvent, clockErrorMs: Ms) =>
  answer.answer === 'none' || state.until < answeredAt + clockErrorMs;

function mayRefuse(state: LeaseState, { owner, request }: LeaseEvent, because: string): boolean {
  switch (because) {
    case 'Leased':
      return state.holder !== undefined;
    case 'Finished':
      return state.ended !== undefined;
    case 'NotHolder':
      return !('epoch' in request && holds(state, owner, request.epoch));
    default:
      return true;
  }
}

function isAsSeen(state: LeaseState, seen: Extract<LeaseEvent['answer'], { answer: 'seen' }>): boolean {
  const status = state.ended ?? (state.holder === undefined ? 'ready' : 'running');
  return seen.epoch === state.epoch && seen.status === status && seen.output === state.output;
}
