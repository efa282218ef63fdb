import pMap from 'p-map';
import type { RunId } from '../model/ids.ts';
import { nodesOf, type Run } from '../model/run.ts';
import { isReadable } from '../ports/run-store.ts';
import { notifyParent } from '../protocol/child.ts';
import { attach } from '../protocol/dependency.ts';
import { dependencyEndOf, releaseFrom, tellParent } from './discharge.ts';
import type { RelationPorts } from './ports.ts';
import { writeDecided } from './write.ts';

const parentsAtOnce = 8;

/**
 * Makes a run known to all that it waits for, and has those that have ended release it.
 *
 * @param todo gets the run, where it now has something to do itself
 */
export async function attachAll(ports: RelationPorts, run: Run, todo: Run[]): Promise<void> {
  const ended = await pMap(run.waitsFor ?? [], (parent) => attachTo(ports, run, parent), {
    concurrency: parentsAtOnce,
  });
  let seen = run;
  for (const { parent, id } of ended.filter((each) => each !== undefined)) {
    const end = parent ? await dependencyEndOf(ports, parent, seen) : { run: id, status: 'missing' as const };
    seen = (await releaseFrom(ports, seen, end)) ?? seen;
  }
  if (seen !== run) todo.push(seen);
}

/** @returns the parent, where it has ended or is missing */
async function attachTo(
  ports: RelationPorts,
  { run, tenant }: Run,
  id: RunId,
): Promise<{ id: RunId; parent: Run | undefined } | undefined> {
  const told = await writeDecided(ports, { tenant, run: id }, (parent) => {
    const attached = parent && attach(parent, run);
    return attached?.attach === 'write' ? attached : undefined;
  });
  const parent = told.run;
  if (!parent) return { id, parent: undefined };
  return attach(parent, run).attach === 'ended' ? { id, parent } : undefined;
}

/** A child tells its parent by itself how it has ended; this is for one that is gone. */
export async function checkChildren(ports: RelationPorts, run: Run, todo: Run[]): Promise<void> {
  for (const [node, { child, status }] of nodesOf(run)) {
    if (!child || child.status !== undefined || status !== 'waiting') continue;
    const found = await ports.runs.get({ tenant: run.tenant, run: child.run });
    if (found !== undefined && !isReadable(found)) continue;
    const isOver = found !== undefined && found.phase !== 'active' && found.phase !== 'paused';
    const told = isOver
      ? await tellParent(ports, { run: run.run, node }, found)
      : found === undefined && (await tellMissing(ports, run, { node, child: child.run }));
    if (told) todo.push(told);
  }
}

async function tellMissing(
  ports: RelationPorts,
  run: Run,
  { child, node }: { child: RunId; node: keyof Run['nodes'] },
): Promise<Run | undefined> {
  const message = `The child run ${child} is not there any more`;
  const failure = { type: 'ChildMissing', code: 'ChildMissing', message, attempt: 0 };
  const end = { status: 'failed' as const, failure };
  const told = await writeDecided(ports, run, (seen) => {
    const notified = notifyParent(seen, { node, child, end }, ports.clock.now());
    return notified.notified ? undefined : notified;
  });
  return told.applied ? told.run : undefined;
}
