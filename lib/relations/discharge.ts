import pMap from 'p-map';
import type { NodeId, RunId } from '../model/ids.ts';
import { type Run, resultNodeOf } from '../model/run.ts';
import { isReadable } from '../ports/run-store.ts';
import { type ChildEnd, notifyParent } from '../protocol/child.ts';
import { type DependencyEnd, release } from '../protocol/dependency.ts';
import { dutiesOf, leave } from '../protocol/leave.ts';
import { endChildren } from './cancel.ts';
import { carry } from './carry.ts';
import { deliverResults } from './deliver-results.ts';
import type { RelationPorts } from './ports.ts';
import { expiresOf, writeDecided } from './write.ts';

const releasesAtOnce = 16;
/** What a dependent keeps of each output in its own item: it may depend on many. */
const dependencyBytesMax = 200;
/** What a parent keeps of the output of a child. */
const childBytesMax = 1_024;

/**
 * Does what a run that has ended owes to others (released dependents, a told parent, deliveries begun), then lets it leave the active index. Everything can be done again, so
 * whoever is cut off in the middle leaves the rest to the next look.
 *
 * @param todo gets the runs that now have something to do themselves
 */
export async function discharge(ports: RelationPorts, run: Run, todo: Run[]): Promise<void> {
  const duties = dutiesOf(run);
  if (duties.cancel.length > 0) await endChildren(ports, run, { request: { mode: 'graceful' }, todo });
  const { notify } = duties;
  if (notify) {
    const parent = await tellParent(ports, { run: notify.run, node: notify.node }, run);
    if (parent) todo.push(parent);
  }
  const released = await pMap(duties.release, (dependent) => releaseOne(ports, dependent, run), {
    concurrency: releasesAtOnce,
  });
  todo.push(...released.filter((each) => each !== undefined));
  await deliverResults(ports, run, duties.deliver);
  await writeDecided(
    ports,
    run,
    (seen) => (seen?.phase === 'ending' ? { transition: leave(seen, expiresOf(ports)) } : undefined),
    run,
  );
}

/** @returns the parent, where it changed */
export async function tellParent(
  ports: RelationPorts,
  parent: { readonly run: RunId; readonly node: NodeId },
  child: Run,
): Promise<Run | undefined> {
  const key = { tenant: child.tenant, run: parent.run };
  const seen = await ports.runs.get(key);
  const isWaiting = (run: Run) => run.nodes[parent.node]?.child?.run === child.run;
  // One that a newer version wrote is told by workers who can: until then the child stays.
  if (seen !== undefined && !isReadable(seen))
    throw new Error(`the parent ${parent.run} was written by a newer version`);
  if (seen === undefined || !isWaiting(seen)) return undefined;
  const end = await endOf(ports, child, seen);
  const told = await writeDecided(
    ports,
    key,
    (run) => {
      const told = notifyParent(run, { node: parent.node, child: child.run, end }, ports.clock.now());
      return told.notified ? undefined : told;
    },
    seen,
  );
  return told.applied ? told.run : undefined;
}

async function endOf(ports: RelationPorts, child: Run, parent: Run): Promise<ChildEnd> {
  const status = endedAs(child);
  const result = resultNodeOf(child);
  if (status !== 'succeeded') {
    const failure = child.failure ?? result?.failure;
    return { status, ...(failure && { failure }) };
  }
  const output = outputOf(child);
  const name = `child#${child.run}`;
  const carried = { from: child, to: parent, name, inlineBytesMax: childBytesMax };
  return { status, output: await carry(ports, output, carried) };
}

async function releaseOne(ports: RelationPorts, dependent: RunId, parent: Run): Promise<Run | undefined> {
  const key = { tenant: parent.tenant, run: dependent };
  const seen = await ports.runs.get(key);
  if (seen === undefined || !isReadable(seen) || !seen.waitsFor?.includes(parent.run)) return undefined;
  return await releaseFrom(ports, seen, await dependencyEndOf(ports, parent, seen));
}

/** @returns the dependent, where it changed */
export async function releaseFrom(
  ports: RelationPorts,
  dependent: Run,
  end: DependencyEnd,
): Promise<Run | undefined> {
  const told = await writeDecided(
    ports,
    dependent,
    (run) => {
      const { clock } = ports;
      const released = release(run, end, { now: clock.now(), expires: expiresOf(ports) });
      return released.released ? undefined : released;
    },
    dependent,
  );
  return told.applied ? told.run : undefined;
}

export async function dependencyEndOf(
  ports: RelationPorts,
  parent: Run,
  dependent: Run,
): Promise<DependencyEnd> {
  const status = endedAs(parent);
  if (status !== 'succeeded') return { run: parent.run, status };
  const name = `dependency#${parent.run}`;
  const carried = { from: parent, to: dependent, name, inlineBytesMax: dependencyBytesMax };
  return { run: parent.run, status, output: await carry(ports, outputOf(parent), carried) };
}

function endedAs({ ended, phase }: Run): Exclude<Run['phase'], 'active' | 'ending' | 'paused'> {
  const status = phase === 'ending' ? ended : phase;
  if (status === undefined || status === 'active' || status === 'paused')
    throw new Error('the run has not ended');
  return status as Exclude<Run['phase'], 'active' | 'ending' | 'paused'>;
}

function outputOf(run: Run) {
  const node = resultNodeOf(run);
  if (node?.status !== 'succeeded' || !node.output) throw new Error(`run ${run.run} has no result`);
  return node.output;
}
