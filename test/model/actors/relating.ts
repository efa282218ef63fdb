import type { Dispatch } from '../../../lib/model/message.ts';
import { nodesOf, type Run } from '../../../lib/model/run.ts';
import type { EpochMs } from '../../../lib/model/time.ts';
import type { Transition } from '../../../lib/model/transition.ts';
import { finaliseCancel, tombstone } from '../../../lib/protocol/cancel.ts';
import { notifyParent } from '../../../lib/protocol/child.ts';
import { decideCancel, park } from '../../../lib/protocol/control.ts';
import { attach, release } from '../../../lib/protocol/dependency.ts';
import { dutiesOf, leave } from '../../../lib/protocol/leave.ts';
import type { Relations } from '../../../lib/protocol/look.ts';
import { hasChildren, isQuiet } from '../../../lib/protocol/quiet.ts';
import { deliver } from '../../../lib/protocol/signal.ts';
import { endOf } from '../../../lib/testing/relations.ts';
import { runIndex, runName } from '../scenario.ts';
import type { Duty, Put, Relating, State } from '../state.ts';
import { answers, puts, readable, type Written } from '../write.ts';
import { type Rules, request, ring } from './requests.ts';

/** Who relates runs to each other, and what becomes of it after each request. */
export interface Relater {
  readonly rules: Rules;
  readonly clock: EpochMs;
  readonly skewMs: number;
  /** How the state goes on; undefined once nothing is left to be done. */
  readonly become: (state: State, relating: Relating | undefined) => State;
}

/** What lib/relations does for a run as it was just seen, up to the first request. */
export function relate(state: State, by: Relater, seen: Run, relations?: Relations): State {
  const slot = runIndex(seen.run);
  switch (relations) {
    case 'attach':
      return plan(
        state,
        by,
        (seen.waitsFor ?? []).map((id) => ({ to: 'attach', run: runIndex(id), of: slot })),
      );
    case 'checkChildren':
      return plan(
        state,
        by,
        childrenOf(seen, 'waiting').map((each) => ({ to: 'check', of: slot, ...each })),
      );
    default:
      return plan(state, by, [{ to: 'tend', run: slot }], seen);
  }
}

/** Whether there is something to be done for a run, as far as it shows: see lib/relations/tend-run.ts. */
export const needsTending = ({ control, phase, signals }: Run): boolean =>
  phase === 'ending' || (phase === 'active' && (control !== undefined || signals !== undefined));

/** The next request of one who relates runs, in every way that it can go. */
export function* relatingSteps(
  state: State,
  by: Relater,
  { dispatches = [], duties, put, write }: Relating,
): Generator<{
  readonly label: string;
  readonly next: State;
  readonly fault: boolean;
  readonly broken: readonly string[];
}> {
  const [duty, ...rest] = duties;
  if (!duty) throw new Error('there is nothing to be done');
  const about = `${duty.to} ${duty.run}`;
  if (!write && !put) {
    const next = plan(state, by, duties, seenNow(state, duty.run));
    yield { label: `reads to ${about}`, next, fault: false, broken: [] };
    return;
  }
  for (const { fault, how, written } of write ? answers(state, write) : puts(state, put as Put)) {
    const next = answered(by, duty, rest, { ...written, dispatches });
    yield {
      label: `${write?.transition.name ?? 'puts'} to ${about}: ${how}`,
      next,
      fault,
      broken: written.broken,
    };
  }
}

type Answer = Written & { readonly dispatches: readonly Dispatch[] };

function answered(by: Relater, duty: Duty, rest: readonly Duty[], answer: Answer): State {
  const { applied, dispatches, run, state } = answer;
  if (!run && state.runs[duty.run]) return by.become(state, undefined);
  if (!applied) return plan(state, by, [duty, ...rest], run);
  const rung = ring(state, dispatches, by.rules);
  if (!run) throw new Error('a write that was applied leaves a run');
  switch (duty.to) {
    case 'end':
      // A tombstone has ended; a run that is being cancelled is brought on as far as it can be.
      return run.phase === 'cancelled'
        ? plan(rung, by, rest)
        : plan(rung, by, [{ to: 'finish', run: duty.run, of: duty.of }, ...rest], run);
    case 'finish':
      return plan(rung, by, [...rest, ...whenEnding(run, duty.run)]);
    case 'tell':
    case 'release':
      return plan(rung, by, [...rest, { to: 'tend', run: duty.run }]);
    default:
      return plan(rung, by, rest);
  }
}

const whenEnding = ({ phase }: Run, run: number): Duty[] => (phase === 'ending' ? [{ to: 'tend', run }] : []);

/** Up to the next request: a read, where the run that the first duty is about has not just been seen. */
function plan(state: State, by: Relater, duties: readonly Duty[], ...seen: [] | [Run | undefined]): State {
  const [duty, ...rest] = duties;
  if (!duty) return by.become(state, undefined);
  if (seen.length === 0) return by.become(state, { duties });
  const [run] = seen;
  // A newer version's item: all is left to looks.
  if (!run && state.runs[duty.run]) return by.become(state, undefined);
  const decided = decide(state, by, duty, run);
  if ('duties' in decided) {
    const next = [...decided.duties, ...without(rest, decided.unended)];
    return next[0]?.run === duty.run && decided.duties.length > 0
      ? plan(state, by, next, run)
      : plan(state, by, next);
  }
  if ('creation' in decided) return by.become(state, { duties, put: decided });
  const { dispatches = [], transition } = decided;
  const rings = dispatches.map(({ message }) => message.node);
  const write = request(by.rules, duty.run, transition, { skewMs: by.skewMs, rings });
  return by.become(state, { duties, write, dispatches });
}

/** A run that cannot end yet, because a child has not, is left to whoever ends that one; so are those above it. */
function without(duties: readonly Duty[], run: number | undefined): readonly Duty[] {
  if (run === undefined) return duties;
  const index = duties.findIndex((duty) => duty.to === 'finish' && duty.run === run);
  const duty = duties[index];
  if (duty?.to !== 'finish') return duties;
  return without(duties.toSpliced(index, 1), duty.of);
}

type Decided =
  | { readonly duties: readonly Duty[]; readonly unended?: number }
  | { readonly transition: Transition; readonly dispatches?: readonly Dispatch[] }
  | Put;

const done: Decided = { duties: [] };

/** What a duty asks for, by the run that it is about as it was seen. */
function decide(state: State, by: Relater, duty: Duty, seen: Run | undefined): Decided {
  const { clock, rules } = by;
  const run = seen && (rules.mutation?.seen?.(seen) ?? seen);
  switch (duty.to) {
    case 'tend':
      return run ? tend(run, duty.run, clock) : done;
    case 'finish':
      return finish(duty, run, clock);
    case 'end':
      return end(state, duty, run, clock);
    case 'tell':
      return tell(state, duty, run, clock);
    case 'check': {
      const isLive = run && endOf(run) === undefined;
      return isLive ? done : { duties: [{ to: 'tell', run: duty.of, of: duty.run, node: duty.node }] };
    }
    case 'release': {
      const released = release(run, dependencyEnd(state, duty.of), { now: clock, expires: 1 });
      return released.released ? done : released;
    }
    case 'attach': {
      const attached = run && attach(run, runName(duty.of));
      if (attached?.attach === 'write') return attached;
      const isOver = !attached || attached.attach === 'ended';
      return isOver ? { duties: [{ to: 'release', run: duty.of, of: duty.run }] } : done;
    }
    case 'leave':
      return run?.phase === 'ending' ? { transition: leave(run, 1) } : done;
  }
}

function tend(run: Run, slot: number, now: EpochMs): Decided {
  if (run.phase === 'ending') return { duties: dischargeOf(run, slot) };
  if (run.phase !== 'active') return done;
  if (run.control?.kind === 'cancel') return { duties: [{ to: 'finish', run: slot }] };
  if (run.control) return isQuiet(run, now) ? { transition: park(run, now) } : done;
  return (run.signals && deliver(run, now)) ?? done;
}

function dischargeOf(run: Run, slot: number): Duty[] {
  const { cancel, notify, release: waiting } = dutiesOf(run);
  const ended = childrenOf(run).filter((each) => cancel.includes(runName(each.run)));
  return [
    ...ended.map((each) => ({ to: 'end', of: slot, mode: 'graceful', ...each }) as const),
    ...(notify ? [{ to: 'tell', run: runIndex(notify.run), of: slot, node: notify.node } as const] : []),
    ...waiting.map((id) => ({ to: 'release', run: runIndex(id), of: slot }) as const),
    { to: 'leave', run: slot },
  ];
}

const childrenOf = (run: Run, only?: 'waiting') =>
  nodesOf(run).flatMap(([node, { child, status }]) =>
    child && child.status === undefined && status !== 'succeeded' && (!only || status === only)
      ? [{ run: runIndex(child.run), node }]
      : [],
  );

function finish(duty: Extract<Duty, { to: 'finish' }>, run: Run | undefined, now: EpochMs): Decided {
  if (!run || endOf(run) !== undefined) return done;
  const isDue = run.phase === 'active' && run.control?.kind === 'cancel';
  if (isDue && hasChildren(run) && !duty.childless) {
    const mode = run.control?.mode ?? 'graceful';
    const ends = childrenOf(run).map((each) => ({ to: 'end', of: duty.run, mode, ...each }) as const);
    return { duties: [...ends, { ...duty, childless: true }] };
  }
  if (isDue && isQuiet(run, now)) return { transition: finaliseCancel(run, now, 1) };
  return { duties: [], ...(duty.of !== undefined && { unended: duty.of }) };
}

function end(
  state: State,
  { mode, node, of, run: slot }: Extract<Duty, { to: 'end' }>,
  run: Run | undefined,
  now: EpochMs,
): Decided {
  if (!run) {
    const { run: creation } = tombstone(stored(state, of), { child: runName(slot), node }, now, 1);
    return { run: slot, creation, dispatches: [] };
  }
  const decided = decideCancel(run, { mode }, now);
  if (decided.decision === 'write') return { transition: decided.transition };
  return { duties: [{ to: 'finish', run: slot, of }] };
}

function tell(
  state: State,
  { node, of }: Extract<Duty, { to: 'tell' }>,
  parent: Run | undefined,
  now: EpochMs,
): Decided {
  const child = state.runs[of];
  const failure = { type: 'Error', message: 'failed', attempt: 1 };
  const status = child ? endOf(child) : 'failed';
  if (status === undefined) throw new Error(`run ${of} has not ended`);
  const how = status === 'succeeded' ? { status, output: { text: 'x' } } : { status, failure };
  const told = notifyParent(parent, { node, child: runName(of), end: how }, now);
  return told.notified ? done : told;
}

function dependencyEnd(state: State, of: number) {
  const run = runName(of);
  const parent = state.runs[of];
  if (!parent) return { run, status: 'missing' } as const;
  const status = endOf(parent);
  if (status === undefined) throw new Error(`run ${of} has not ended`);
  return { run, status, ...(status === 'succeeded' && { output: { text: 'x' } }) };
}

/** As it is stored: of what is read from it nothing changes any more. */
function stored(state: State, slot: number): Run {
  const run = state.runs[slot];
  if (!run) throw new Error(`there is no run ${slot}`);
  return run;
}

const seenNow = (state: State, slot: number): Run | undefined => {
  const run = state.runs[slot];
  return run && readable(run);
};
