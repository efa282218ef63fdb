import { doorbellsOf } from '../../../lib/protocol/doorbells.ts';
import { submit } from '../../../lib/protocol/submit.ts';
import { freeName, nonceName, runIndex, submissionOf } from '../scenario.ts';
import type { Held, State, Worker } from '../state.ts';
import type { Written } from '../write.ts';
import { ring } from './requests.ts';
import { planSettle } from './settling.ts';
import type { Actor } from './worker.ts';

/** Whether a holder has the run still to start that its node stands for, or to find again. */
export function startsChild({ fence, run }: Held): boolean {
  const child = run.nodes[fence.node]?.child;
  return child !== undefined && child.status === undefined;
}

/** Puts the run that a node stands for, as lib/worker/child-run.ts does it. */
export function planStart(actor: Actor, held: Held): State {
  const { fence, run } = held;
  const child = run.nodes[fence.node]?.child;
  if (!child) throw new Error(`${fence.node} stands for no run`);
  const { scenario } = actor.rules;
  const slot = runIndex(child.run);
  const given = submissionOf(scenario, { run: slot, payload: 'child' }, () =>
    freeName(actor.state, scenario),
  );
  const parent = { run: run.run, node: fence.node };
  const { creation, dispatches } = submit({ ...given, parent }, actor.clock);
  return actor.become({ at: 'start', held, put: { run: slot, creation: creation.run, dispatches } });
}

/** A second attempt finds what the first has started, and one that comes after a cancel finds the place taken. */
export function childStarted(
  actor: Actor,
  { held, put }: Extract<Worker, { at: 'start' }>,
  { applied, run }: Written,
): State {
  const isNew = run !== undefined && run.phase === 'active' && run.epoch === 0;
  const bells = applied ? put.dispatches : isNew ? doorbellsOf(run, actor.clock) : [];
  const rung = ring(actor.state, bells, actor.rules);
  const { inline } = actor.rules.scenario;
  if (inline === 'never') return planSettle(actor.in(rung), held, held.run, { kind: 'await' });
  const nonces = rung.nonces + 1;
  const result = { kind: 'await', nonce: nonceName(nonces) } as const;
  return planSettle(actor.in({ ...rung, nonces }), held, held.run, result);
}
