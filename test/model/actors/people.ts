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
import { freeName, runIndex } from '../scenario.ts';
import type { Client, Request, State, Step } from '../state.ts';
import { answers, readable } from '../write.ts';
import type { Person } from './client.ts';
import { request, ring } from './requests.ts';

/** What people ask of runs that are there, as lib/client does it: nothing of it has to happen, but for the scenario. */
export function* asking(state: State, asked: Request, by: Person): Generator<Step> {
  const stored = state.runs[asked.run];
  if (!stored) return;
  const planned = asked.ask === 'retry' ? retrying(state, stored, by) : first(state, stored, asked, by);
  if (planned) yield by.step(`asks to ${asked.ask}`, planned, !by.rules.scenario.needsPeople);
}

/** A cancel and a pause are tried without the run being read. */
function first(state: State, stored: Run, asked: Request, by: Person): State | undefined {
  const { run, tenant } = stored;
  switch (asked.ask) {
    case 'cancel':
      return write(state, asked, by, requestCancel({ run, tenant }, { mode: asked.mode }, by.clock));
    case 'pause':
      return write(state, asked, by, requestPause({ run, tenant }, { mode: asked.mode }, by.clock));
    default: {
      const seen = readable(stored);
      return seen && decided(state, seen, asked, by);
    }
  }
}

function write(
  state: State,
  asked: Request,
  by: Person,
  transition: Transition,
  dispatches: readonly Dispatch[] = [],
): State {
  const rings = dispatches.map(({ message }) => message.node);
  const planned = request(by.rules, asked.run, transition, { rings });
  return by.now(state, { at: 'request', request: asked, write: planned, dispatches });
}

/** What becomes of a request, by the run as it stands. */
function decided(state: State, run: Run, asked: Request, by: Person): State {
  const now = by.clock;
  const seen = by.rules.mutation?.seen?.(run) ?? run;
  switch (asked.ask) {
    case 'cancel':
      return controlled(state, asked, by, decideCancel(seen, { mode: asked.mode }, now));
    case 'pause':
      return controlled(state, asked, by, decidePause(seen, { mode: asked.mode }, now));
    case 'resume':
      return controlled(state, asked, by, decideResume(seen, {}, now));
    case 'signal': {
      const signal = { name: asked.signal, id: asked.id, payload: { text: 'x' } };
      const received = receiveSignal(seen, signal, now);
      return received.received === 'write'
        ? write(state, asked, by, received.transition, received.dispatches)
        : by.now(state, { at: 'done' });
    }
    default:
      return by.now(state, { at: 'done' });
  }
}

const controlled = (state: State, asked: Request, by: Person, control: ControlDecision): State =>
  control.decision === 'write' ? write(state, asked, by, control.transition) : by.now(state, { at: 'done' });

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
  if (!run) return by.now(state, { at: 'done' });
  if (!applied) return decided(state, run, asked, by);
  const bells = asked.ask === 'resume' ? doorbellsOf(run, by.clock) : dispatches;
  return by.tended(ring(state, bells, by.rules), run);
}

/** Goes on from a failed run as a new one; only for those that have failed by themselves. */
function retrying(state: State, stored: Run, by: Person): State | undefined {
  const failed = readable(stored);
  if (!failed || endOf(failed) !== 'failed' || failed.failure) return undefined;
  const nameChild = () => freeName(state, by.rules.scenario);
  const { run } = retryRun(failed, { nameChild, now: by.clock });
  const put = { run: runIndex(run.run), creation: { ...run, submission: 'again' }, dispatches: [] };
  return by.now(state, { at: 'put', put });
}
