import type { Dispatch } from '../../../lib/model/message.ts';
import type { Run } from '../../../lib/model/run.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import {
  type ControlDecision,
  decideCancel,
  decidePause,
  decideResume,
  requestCancel,
  requestPause,
} from '../../../lib/protocol/control.ts';
import { doorbellsOf } from '../../../lib/protocol/doorbells.ts';
import { retryRun } from '../../../lib/protocol/retry.ts';
import { receiveSignal } from '../../../lib/protocol/signal.ts';
import { endOf } from '../../../lib/testing/relations.ts';
import { Memo } from '../memo.ts';
import { freeName, runIndex } from '../scenario.ts';
import { type Client, done, type Request, type State, type Step } from '../state.ts';
import { answers, readable } from '../write.ts';
import type { Person } from './client.ts';
import { type Rules, request, ring } from './requests.ts';

/** What people ask of runs that are there, as lib/client does it: nothing of it has to happen, but for the scenario. */
export function* asking(state: State, asked: Request, by: Person): Generator<Step> {
  const stored = state.runs[asked.run];
  if (!stored) return;
  const { clock, rules } = by;
  const next =
    asked.ask === 'retry'
      ? retrying(state, stored, by)
      : firsts.of(asked, { clock, rules, stored }, isSameMoment, () => first(stored, asked, by));
  if (next) yield by.step(`asks to ${asked.ask}`, by.now(state, next), !rules.scenario.needsPeople);
}

/** All that a first request depends on beside what is asked. */
interface Moment {
  readonly clock: number;
  readonly rules: Rules;
  readonly stored: Run;
}

const isSameMoment = (one: Moment, other: Moment): boolean =>
  one.clock === other.clock && one.rules === other.rules && one.stored === other.stored;

/** People may ask while others do one thing after the other. */
const firsts = new Memo<Request, Moment, Client | undefined>();

/** A cancel and a pause are tried without the run being read. */
function first(stored: Run, asked: Request, by: Person): Client | undefined {
  const { run, tenant } = stored;
  switch (asked.ask) {
    case 'cancel':
      return write(asked, by, requestCancel({ run, tenant }, { mode: asked.mode }, by.clock));
    case 'pause':
      return write(asked, by, requestPause({ run, tenant }, { mode: asked.mode }, by.clock));
    default: {
      const seen = readable(stored);
      return seen && decided(seen, asked, by);
    }
  }
}

function write(
  asked: Request,
  by: Person,
  transition: Transition,
  dispatches: readonly Dispatch[] = [],
): Client {
  const rings = dispatches.map(({ message }) => message.node);
  const planned = request(by.rules, asked.run, transition, { rings });
  return { at: 'request', request: asked, write: planned, dispatches };
}

/** What becomes of a request, by the run as it stands. */
function decided(run: Run, asked: Request, by: Person): Client {
  const now = by.clock;
  const seen = by.rules.mutation?.seen?.(run) ?? run;
  switch (asked.ask) {
    case 'cancel':
      return controlled(asked, by, decideCancel(seen, { mode: asked.mode }, now));
    case 'pause':
      return controlled(asked, by, decidePause(seen, { mode: asked.mode }, now));
    case 'resume':
      return controlled(asked, by, decideResume(seen, {}, now));
    case 'signal': {
      const signal = { name: asked.signal, id: asked.id, payload: { text: 'x' } };
      const received = receiveSignal(seen, signal, now);
      return received.received === 'write'
        ? write(asked, by, received.transition, received.dispatches)
        : done;
    }
    default:
      return done;
  }
}

const controlled = (asked: Request, by: Person, control: ControlDecision): Client =>
  control.decision === 'write' ? write(asked, by, control.transition) : done;

/** The write that a request has come to. */
export function* requesting(
  state: State,
  { dispatches, request: asked, write: planned }: Extract<Client, { at: 'request' }>,
  by: Person,
): Generator<Step> {
  for (const { fault, how, written } of answers(state, planned)) {
    const next = answered(written.state, { asked, by, dispatches }, written);
    const label = `${planned.transition.name}: ${how}`;
    yield { ...by.step(label, next, fault), broken: written.broken };
  }
}

function answered(
  state: State,
  { asked, by, dispatches }: { asked: Request; by: Person; dispatches: readonly Dispatch[] },
  { applied, run }: { applied: boolean; run: Run | undefined },
): State {
  if (!run) return by.now(state, done);
  if (!applied) return by.now(state, decided(run, asked, by));
  const bells = asked.ask === 'resume' ? doorbellsOf(run, by.clock) : dispatches;
  return by.tended(ring(state, bells, by.rules), run);
}

/** Goes on from a failed run as a new one; only for those that have failed by themselves. */
function retrying(state: State, stored: Run, by: Person): Client | undefined {
  const failed = readable(stored);
  if (!failed || endOf(failed) !== 'failed' || failed.failure) return undefined;
  const nameChild = () => freeName(state, by.rules.scenario);
  const { run } = retryRun(failed, { nameChild, now: by.clock });
  const put = { run: runIndex(run.run), creation: { ...run, submission: 'again' }, dispatches: [] };
  return { at: 'put', put };
}
