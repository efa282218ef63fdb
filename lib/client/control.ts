import { HoldfastError } from '../model/errors.ts';
import type { CancelMode, Run, RunKey } from '../model/run.ts';
import {
  type ControlDecision,
  type ControlRequest,
  decideCancel,
  decidePause,
  decideResume,
  type RefusedControl,
  requestCancel,
  requestPause,
} from '../protocol/control.ts';
import { doorbellsOf } from '../protocol/doorbells.ts';
import { ring } from '../relations/ring.ts';
import { needsTending, tendRun } from '../relations/tend-run.ts';
import type { CancelOptions, WhoAndWhy } from './client.ts';
import { notFound, readableRun, readRun } from './key.ts';
import type { ClientPorts } from './ports.ts';

const textCharsMax = 1_024;

/** @returns the run as it stands */
export const cancelRun = async (ports: ClientPorts, key: RunKey, options: CancelOptions = {}): Promise<Run> =>
  await tended(ports, await askToCancel(ports, key, options));

/** From here on nothing of the run is started, and no end of another is its own; `tended` then brings it to its end. */
export async function askToCancel(ports: ClientPorts, key: RunKey, options: CancelOptions): Promise<Run> {
  const request = requestOf(options);
  const first = requestCancel(key, request, ports.clock.now());
  return await ask(ports, key, {
    first,
    decide: (seen) => decideCancel(seen, request, ports.clock.now()),
  });
}

/** @returns the run as it stands */
export async function pauseRun(ports: ClientPorts, key: RunKey, options: CancelOptions = {}): Promise<Run> {
  const request = requestOf(options);
  const first = requestPause(key, request, ports.clock.now());
  const run = await ask(ports, key, {
    first,
    decide: (seen) => decidePause(seen, request, ports.clock.now()),
  });
  return await tended(ports, run);
}

/** @returns the run as it stands */
export async function resumeRun(ports: ClientPorts, key: RunKey, options: WhoAndWhy = {}): Promise<Run> {
  const who = whoOf(options);
  const seen = await readRun(ports, key);
  const run = await ask(ports, key, {
    seen,
    decide: (latest) => decideResume(latest, who, ports.clock.now()),
  });
  // Discovery would ring, too: `at` is now.
  await ring(ports, doorbellsOf(run, ports.clock.now()));
  return run;
}

const whoOf = ({ by, reason }: WhoAndWhy) => ({
  ...(reason !== undefined && { reason: short(reason, 'reason') }),
  ...(by !== undefined && { by: short(by, 'by') }),
});

function requestOf({ mode = 'graceful', ...who }: CancelOptions): ControlRequest {
  if (!modes.includes(mode))
    throw new HoldfastError('InvalidArgument', 'mode must be graceful or abort', { field: 'mode' });
  return { mode, ...whoOf(who) };
}
const modes: readonly CancelMode[] = ['graceful', 'abort'];

function short(text: string, field: string): string {
  if (text.length <= textCharsMax) return text;
  throw new HoldfastError('InvalidArgument', `${field} must have at most ${textCharsMax} characters`, {
    field,
  });
}

interface Ask {
  /** Tried without the run being read. */
  readonly first?: ReturnType<typeof requestCancel>;
  readonly seen?: Run;
  readonly decide: (run: Run) => ControlDecision;
}

async function ask(ports: ClientPorts, key: RunKey, { decide, first, seen }: Ask): Promise<Run> {
  let run = seen;
  if (first) {
    const applied = await ports.runs.apply(first);
    if (applied.applied) return applied.run;
    run = readableRun(applied.run, key);
  }
  for (;;) {
    if (!run) throw notFound(key);
    const decided = decide(run);
    if (decided.decision === 'refuse') throw refused(decided.because, run);
    const applied = await ports.runs.apply(decided.transition);
    if (applied.applied) return applied.run;
    run = readableRun(applied.run, key);
  }
}

/** What can be done at once is; the rest is left to the last holder and to discovery. */
export async function tended(ports: ClientPorts, run: Run): Promise<Run> {
  if (!needsTending(run)) return run;
  try {
    await tendRun(ports, run);
  } catch (error) {
    ports.logger.warn('what was asked for is left to discovery', { run: run.run, error });
  }
  return await readRun(ports, run);
}

function refused(code: RefusedControl, run: Run): HoldfastError {
  if (code === 'NotFound') return notFound(run);
  const said = {
    AlreadyFinished: `has ended: ${run.ended ?? run.phase}`,
    AlreadyCancelled: 'is being cancelled or was cancelled already',
    AlreadyPaused: 'is paused already',
    NotPaused: 'is not paused',
  }[code];
  return new HoldfastError(code, `Run ${run.run} ${said}`);
}
