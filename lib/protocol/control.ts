import type { Control, Run, RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Guard, Transition } from '../model/transition.ts';
import { expired } from './abandoned.ts';
import { absent, active, equals, guard, inPhase, raiseRev, remove, set, unchanged } from './guards.ts';
import { leasedNodes } from './quiet.ts';

/*
 * What people ask of a run that goes on:
 *
 *            ┌───────── resume ─────────┐
 *            ▼                          │
 *   active ──pause──▶ pausing ──park──▶ paused
 *     │ cancel           │ cancel        │ cancel
 *     ▼                  ▼               ▼
 *   cancelling (graceful ──cancel in abort mode──▶ abort) ──finalise──▶ cancelled
 *
 * A run that is pausing or cancelling starts nothing; those who hold a node finish it. One write asks for it, whoever
 * finds the run quiet does the rest: the one who asked, the last holder, or a look.
 */

export type ControlRequest = Pick<Control, 'mode' | 'reason' | 'by'>;

/** Asks for the run to be cancelled: from here on nothing of it is started. `at` = now, so that it is looked at soon. */
export const requestCancel = (key: RunKey, request: ControlRequest, now: EpochMs): Transition =>
  ask('cancel', key, { kind: 'cancel', since: now, ...request }, now);

/** Asks for the run to be paused: from here on nothing of it is started. */
export const requestPause = (key: RunKey, request: ControlRequest, now: EpochMs): Transition =>
  ask('pause', key, { kind: 'pause', since: now, ...request }, now);

function ask(name: string, key: RunKey, control: Control, now: EpochMs): Transition {
  return {
    name,
    key,
    guards: [...active(name), guard(`${name}.noControl`, absent(['control']))],
    updates: [set(['control'], control), set(['at'], now), raiseRev()],
  };
}

export type RefusedControl =
  | 'NotFound'
  | 'AlreadyFinished'
  | 'AlreadyCancelled'
  | 'AlreadyPaused'
  | 'NotPaused';

/** What to do about a refused request, by the run as it stands. */
export type ControlDecision =
  | { readonly decision: 'refuse'; readonly because: RefusedControl }
  | { readonly decision: 'write'; readonly transition: Transition };

/** A cancel takes the place of a pause, and one in abort mode that of a graceful one. */
export function decideCancel(run: Run | undefined, request: ControlRequest, now: EpochMs): ControlDecision {
  if (!run) return refuse('NotFound');
  const because = ended(run);
  if (because !== undefined) return refuse(because);
  const { control } = run;
  if (!control) return write(requestCancel(run, request, now));
  const asked: Control = { kind: 'cancel', since: now, ...request };
  if (control.kind === 'pause') return write(replace('cancelPaused', run, control, asked, now));
  if (control.mode === 'abort' || request.mode === 'graceful') return refuse('AlreadyCancelled');
  return write(replace('raiseCancel', run, control, asked, now));
}

function replace(name: string, run: Run, seen: Control, control: Control, now: EpochMs): Transition {
  return {
    name,
    key: run,
    guards: [
      ...inPhase(name, run.phase),
      guard(`${name}.kind`, equals(['control', 'kind'], seen.kind)),
      ...(seen.kind === 'cancel' ? [guard(`${name}.mode`, equals(['control', 'mode'], seen.mode))] : []),
    ],
    updates: [
      set(['control'], control),
      ...(run.phase === 'active' ? [] : [set(['phase'], 'active')]),
      set(['at'], now),
      raiseRev(),
    ],
  };
}

export function decidePause(run: Run | undefined, request: ControlRequest, now: EpochMs): ControlDecision {
  if (!run) return refuse('NotFound');
  const because = ended(run);
  if (because !== undefined) return refuse(because);
  if (run.control) return refuse(run.control.kind === 'pause' ? 'AlreadyPaused' : 'AlreadyCancelled');
  return write(requestPause(run, request, now));
}

/**
 * Nobody works on it any more: it leaves the part of the index that is looked at. Only for a run that `isQuiet`.
 *
 * ```
 * A  holds a node ──────────── commit: what follows is ready ── park ──▶ applied
 * U        pause ── park (seen before A's commit) ──▶ refused: A's lease is alive
 * ```
 */
export function park(run: Run, now: EpochMs): Transition {
  return {
    name: 'park',
    key: run,
    guards: [
      ...active('park'),
      guard('park.requested', equals(['control', 'kind'], 'pause')),
      unchanged('park', run),
      ...leasedNodes(run).map(([id]) => expired('park', id, now)),
    ],
    updates: [set(['phase'], 'paused'), set(['at'], now), raiseRev()],
  };
}

/** The run goes on. It is looked at at once: for timers that have come meanwhile, and for leases that ended. */
export function decideResume(
  run: Run | undefined,
  { by, reason }: Pick<Control, 'reason' | 'by'>,
  now: EpochMs,
): ControlDecision {
  if (!run) return refuse('NotFound');
  const because = ended(run);
  if (because !== undefined) return refuse(because);
  if (run.control?.kind !== 'pause') return refuse(run.control ? 'AlreadyCancelled' : 'NotPaused');
  const who = { ...(reason !== undefined && { reason }), ...(by !== undefined && { by }) };
  return write({
    name: 'resume',
    key: run,
    guards: [...inPhase('resume', run.phase), guard('resume.paused', equals(['control', 'kind'], 'pause'))],
    updates: [
      remove(['control']),
      set(['resumed'], { since: now, ...who }),
      ...(run.phase === 'active' ? [] : [set(['phase'], 'active')]),
      set(['at'], now),
      set(['looks'], 0),
      raiseRev(),
    ],
  });
}

function ended(run: Run): RefusedControl | undefined {
  if (run.phase === 'active' || run.phase === 'paused') return undefined;
  return (run.ended ?? run.phase) === 'cancelled' ? 'AlreadyCancelled' : 'AlreadyFinished';
}

const refuse = (because: RefusedControl): ControlDecision => ({ decision: 'refuse', because });
const write = (transition: Transition): ControlDecision => ({ decision: 'write', transition });

/** What holders may write depends on what was asked for: on a run that people stopped meanwhile they decide again. */
export const controlAsSeen = (name: string, { control }: Pick<Run, 'control'>): Guard =>
  control
    ? guard(`${name}.control`, equals(['control', 'kind'], control.kind))
    : guard(`${name}.noControl`, absent(['control']));
