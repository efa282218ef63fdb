import type { RunId } from '../model/ids.ts';
import { isOpen, nodesOf, type Run, type TerminalStatus } from '../model/run.ts';

/*
 * The invariants among runs that know each other, written from the design and not from the code: dependencies (I3, I16,
 * I17) and children (I14, I18). They hold after each write, whoever wrote.
 */

/** @param all the runs that are there, of one tenant */
export function brokenAmong(all: Iterable<Run>): string[] {
  const runs = new Map<RunId, Run>();
  for (const run of all) runs.set(run.run, run);
  return [...runs.values()].flatMap((run) => [
    ...(run.dependencies ? depending(run, runs) : []),
    ...(run.dependents && isOver(run) ? leaving(run, runs) : []),
    ...(run.parent ? asChild(run, runs) : []),
  ]);
}

type Runs = ReadonlyMap<RunId, Run>;

const isLive = ({ phase }: Run): boolean => phase === 'active' || phase === 'paused';
/** It has ended and owes nothing any more. */
const isOver = (run: Run): boolean => !isLive(run) && run.phase !== 'ending';

/** How a run has ended; undefined while it goes on. */
export function endOf({ ended, phase }: Run): TerminalStatus | undefined {
  if (phase === 'active' || phase === 'paused') return undefined;
  return phase === 'ending' ? ended : phase;
}

/** Somebody was given a node of it. */
const hasBegun = ({ nodes }: Run): boolean =>
  Object.values(nodes).some(({ epoch, status }) => epoch > 0 || status === 'running');

function depending(run: Run, runs: Runs): string[] {
  const ids = Object.keys(run.dependencies ?? {}) as RunId[];
  const ends = ids.map((id) => ({ id, end: endedAs(runs.get(id)) }));
  const { failure, waitsFor = [] } = run;
  const broken: string[] = [];
  if (hasBegun(run))
    for (const { end, id } of ends)
      if (end !== 'succeeded') broken.push(`I3: ${run.run} has begun, and ${id}, which it needs, is ${end}`);
  if (hasBegun(run) && waitsFor.length > 0) broken.push(`I3: ${run.run} has begun while it waits`);
  for (const id of waitsFor)
    if (!ids.includes(id)) broken.push(`I3: ${run.run} waits for ${id} for no reason`);
  const released = ends.filter(({ end, id }) => end !== 'succeeded' && !waitsFor.includes(id));
  for (const { end, id } of released) broken.push(`I3: ${run.run} waits no more for ${id}, which is ${end}`);
  if (failure) {
    const missed = failure.code === 'DependencyMissing' ? ['missing'] : ['failed', 'cancelled', 'skipped'];
    if (!ends.some(({ end, id }) => waitsFor.includes(id) && missed.includes(end)))
      broken.push(`I17: ${run.run} ended with ${failure.code}, and no run that it needs did`);
    const status = run.onDependencyFailure === 'skip' ? 'skipped' : 'failed';
    if (endOf(run) !== status) broken.push(`I17: ${run.run} ended ${endOf(run)}, not ${status}`);
  }
  return broken;
}

const endedAs = (run: Run | undefined) => (run ? (endOf(run) ?? 'going on') : 'missing');

function leaving({ dependents = [], run }: Run, runs: Runs): string[] {
  return dependents.flatMap((id) => {
    const dependent = runs.get(id);
    // One that is being cancelled ends so, whatever becomes of what it waited for.
    const waits = dependent && isLive(dependent) && dependent.control?.kind !== 'cancel';
    return waits && dependent.waitsFor?.includes(run) ? [`I16: ${run} left while ${id} waited for it`] : [];
  });
}

function asChild(child: Run, runs: Runs): string[] {
  const parent = child.parent && runs.get(child.parent.run);
  if (!parent) return [];
  const [, node] = nodesOf(parent).find(([path]) => path === child.parent?.node) ?? [];
  const isMeant = node?.child?.run === child.run && isOpen(node);
  const broken: string[] = [];
  if (isLive(child) && endOf(parent) === 'cancelled')
    broken.push(`I14: ${child.run} goes on, and ${parent.run}, its parent, was cancelled`);
  // A parent that fails has its children cancelled, and need not wait for that.
  if (isLive(child) && isMeant && isOver(parent) && child.control?.kind !== 'cancel')
    broken.push(`I14: ${child.run} goes on, and ${parent.run}, its parent, has ${parent.phase}`);
  // One that was never started is put in its place by whoever ends the parent.
  const isPlaceholder = Object.keys(child.nodes).length === 0 && parent.control?.kind === 'cancel';
  if (isOver(child) && isMeant && isLive(parent) && node.child?.status === undefined && !isPlaceholder)
    broken.push(`I18: ${child.run} left before ${parent.run}, its parent, knew`);
  return broken;
}
