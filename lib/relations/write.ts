import type { Dispatch } from '../model/message.ts';
import type { Run, RunKey } from '../model/run.ts';
import { type EpochSec, toEpochSec } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { isReadable } from '../ports/run-store.ts';
import type { RelationPorts } from './ports.ts';
import { ring } from './ring.ts';

/** A run that others write, too, is decided on so many times; then the next look is left to do it. */
const triesMax = 8;

/** What to do with a run as it stands; undefined when nothing is to be done any more. */
export type Decide = (
  run: Run | undefined,
) => { readonly transition: Transition; readonly dispatches?: readonly Dispatch[] } | undefined;

/** What became of it. */
export interface Written {
  /** As it stands afterwards; undefined where it is not there. */
  readonly run: Run | undefined;
  /** False where nothing was to be done. */
  readonly applied: boolean;
}

/**
 * Reads a run, decides, writes; decides again where the write is refused, on what came back. What follows is rung.
 *
 * @param seen the run, where it has just been read
 * @throws Error for a run that this version cannot read, or that changes faster than it can be written
 */
export async function writeDecided(
  ports: RelationPorts,
  key: RunKey,
  decide: Decide,
  seen?: Run,
): Promise<Written> {
  let run = seen ?? readable(await ports.runs.get(key), key);
  for (let tries = 0; tries < triesMax; tries += 1) {
    const decided = decide(run);
    if (!decided) return { run, applied: false };
    const applied = await ports.runs.apply(decided.transition);
    run = readable(applied.run, key);
    if (!applied.applied) continue;
    await ring(ports, decided.dispatches ?? []);
    return { run, applied: true };
  }
  throw new Error(`run ${key.run} changes faster than it can be written`);
}

function readable(run: Awaited<ReturnType<RelationPorts['runs']['get']>>, key: RunKey): Run | undefined {
  if (run === undefined || isReadable(run)) return run;
  throw new Error(`run ${key.run} was written by a newer version`);
}

/** When a run that ends now may be deleted. */
export const expiresOf = ({ clock, settings }: RelationPorts): EpochSec =>
  toEpochSec(clock.now() + settings.retention);
