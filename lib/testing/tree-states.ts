import type { Shape } from '../model/definition.ts';
import type { Run } from '../model/run.ts';
import { joinsOwed } from './look-need.ts';
import { treeOf } from './tree.ts';
import { isWaiting } from './waiting.ts';

/** Branches of a fork that goes on in which nothing is open, and which have not ended; or which have ended twice. */
export function branchesLost(run: Run, shape: Shape): string[] {
  // A cancelled run waits for its holders only.
  if (run.phase !== 'active' || run.control?.kind === 'cancel') return [];
  const nodes = Object.entries(run.nodes);
  const owed = joinsOwed(run);
  const broken: string[] = [];
  for (const [fork, branches] of treeOf(shape).forks) {
    const goesOn = !run.nodes[fork] && nodes.some(([path]) => path.startsWith(`${fork}/`));
    for (const branch of branches) {
      const inside = `${fork}/${branch}/`;
      const ends = nodes.filter(
        ([, node]) => node.status === 'succeeded' && node.ends?.fork === fork && node.ends.branch === branch,
      ).length;
      const alive =
        nodes.some(
          ([path, node]) =>
            path.startsWith(inside) &&
            (node.status === 'ready' || node.status === 'running' || isWaiting(node)),
        ) || owed.some((path) => path.startsWith(inside));
      if (goesOn && ends + Number(alive) !== 1)
        broken.push(`branch ${inside} has ended ${ends} times and ${alive ? 'is' : 'is not'} alive`);
      if (!goesOn && alive) broken.push(`branch ${inside} is alive beside its join`);
    }
  }
  return broken;
}
