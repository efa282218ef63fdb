import pMap from 'p-map';
import type { NodeId, RunId } from '../model/ids.ts';
import { nodesOf, type Run } from '../model/run.ts';
import { isReadable } from '../ports/run-store.ts';
import { finaliseCancel, tombstone } from '../protocol/cancel.ts';
import { type ControlRequest, decideCancel } from '../protocol/control.ts';
import { hasChildren, isQuiet } from '../protocol/quiet.ts';
import type { RelationPorts } from './ports.ts';
import { expiresOf, writeDecided } from './write.ts';

const childrenAtOnce = 8;

/**
 * Brings a cancelled run as near to its end as it can be: cancels its children, and ends it once these have ended and
 * nobody works on it. What is missing is done by the last holder, the last child, or a look.
 *
 * @param todo gets the runs that have ended by it and have duties of their own
 * @returns the run as it stands
 */
export async function finishCancel(ports: RelationPorts, run: Run, todo: Run[]): Promise<Run> {
  if (run.phase !== 'active' || run.control?.kind !== 'cancel') return run;
  if (hasChildren(run) && !(await endChildren(ports, run, { request: run.control, todo }))) return run;
  const decide = (seen: Run | undefined) => {
    const now = ports.clock.now();
    // Under a cancel no child is started any more: those that have ended are all.
    if (seen?.phase !== 'active' || seen.control?.kind !== 'cancel' || !isQuiet(seen, now)) return undefined;
    return { transition: finaliseCancel(seen, now, expiresOf(ports)) };
  };
  const { run: ended = run } = await writeDecided(ports, run, decide, run);
  if (ended.phase === 'ending') todo.push(ended);
  return ended;
}

interface EndChildren {
  readonly request: ControlRequest;
  readonly todo: Run[];
}

/** Cancels the runs that nodes stand for. @returns whether all of them have ended */
export async function endChildren(ports: RelationPorts, run: Run, options: EndChildren): Promise<boolean> {
  const ended = await pMap(childNodes(run), (each) => endChild(ports, run, { ...each, ...options }), {
    concurrency: childrenAtOnce,
  });
  return ended.every(Boolean);
}

const childNodes = (run: Run): { node: NodeId; child: RunId }[] =>
  nodesOf(run).flatMap(([node, { child, status }]) =>
    child && child.status === undefined && status !== 'succeeded' ? [{ node, child: child.run }] : [],
  );

async function endChild(
  ports: RelationPorts,
  parent: Run,
  { child, node, request, todo }: { child: RunId; node: NodeId } & EndChildren,
): Promise<boolean> {
  const { clock, runs } = ports;
  const key = { tenant: parent.tenant, run: child };
  let seen = await runs.get(key);
  if (seen === undefined) {
    const put = await runs.create(tombstone(parent, { child, node }, clock.now(), expiresOf(ports)));
    if (put.applied) return true;
    seen = put.run;
  }
  if (!isReadable(seen)) return false;
  const asked = await writeDecided(
    ports,
    key,
    (run) => {
      const decided = decideCancel(run, cascaded(request, parent), clock.now());
      return decided.decision === 'write' ? { transition: decided.transition } : undefined;
    },
    seen,
  );
  const ended = asked.run && (await finishCancel(ports, asked.run, todo));
  return ended === undefined || (ended.phase !== 'active' && ended.phase !== 'paused');
}

const cascaded = ({ by, mode }: ControlRequest, { run }: Run): ControlRequest => ({
  mode,
  reason: `its parent ${run} ended`,
  ...(by !== undefined && { by }),
});
