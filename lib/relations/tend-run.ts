import type { Run } from '../model/run.ts';
import { park } from '../protocol/control.ts';
import type { Relations } from '../protocol/look.ts';
import { isQuiet } from '../protocol/quiet.ts';
import { deliver } from '../protocol/signal.ts';
import { attachAll, checkChildren } from './attach.ts';
import { finishCancel } from './cancel.ts';
import { discharge } from './discharge.ts';
import type { RelationPorts } from './ports.ts';
import { writeDecided } from './write.ts';

/** One ending may bring about many others; beyond so many the rest is left to looks. */
const runsMax = 1_000;

/**
 * Does what the state of a run asks for beyond its nodes: it has ended and owes something, is being cancelled or paused,
 * or has a signal for a node that waits. What this does to other runs may ask for more, which is done as well.
 *
 * @param relations what a look found out to be done
 */
export async function tendRun(ports: RelationPorts, first: Run, relations?: Relations): Promise<void> {
  const todo: Run[] = [];
  if (relations === 'attach') await attachAll(ports, first, todo);
  else if (relations === 'checkChildren') await checkChildren(ports, first, todo);
  else todo.push(first);
  for (let done = 0; todo.length > 0 && done < runsMax; done += 1) {
    const run = todo.pop();
    if (run) await tendOne(ports, run, todo);
  }
}

/** Whether there is something to be done for a run, as far as it shows. */
export const needsTending = (run: Run): boolean =>
  run.phase === 'ending' ||
  (run.phase === 'active' && (run.control !== undefined || run.signals !== undefined));

async function tendOne(ports: RelationPorts, run: Run, todo: Run[]): Promise<void> {
  if (run.phase === 'ending') return await discharge(ports, run, todo);
  if (run.phase !== 'active') return;
  if (run.control?.kind === 'cancel') await finishCancel(ports, run, todo);
  else if (run.control?.kind === 'pause') await finishPause(ports, run);
  else if (run.signals)
    await writeDecided(ports, run, (seen) => seen && deliver(seen, ports.clock.now()), run);
}

/** @returns the run as it stands */
async function finishPause(ports: RelationPorts, run: Run): Promise<Run> {
  const decide = (seen: Run | undefined) => {
    const now = ports.clock.now();
    const canPark = seen?.phase === 'active' && seen.control?.kind === 'pause' && isQuiet(seen, now);
    return canPark ? { transition: park(seen, now) } : undefined;
  };
  return (await writeDecided(ports, run, decide, run)).run ?? run;
}
