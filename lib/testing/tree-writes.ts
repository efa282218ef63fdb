import type { NodeId } from '../model/ids.ts';
import { type BranchEnd, isOpen, nodesOf, type Run, type RunNode } from '../model/run.ts';
import type { Path, Update } from '../model/transition.ts';
import type { CheckedWrite } from './invariants.ts';
import { endOf } from './relations.ts';
import { type Tree, treeOf } from './tree.ts';
import { isLooping, isWaiting } from './waiting.ts';

/** One node, before and after a write. */
export interface Change {
  readonly path: NodeId;
  readonly old: RunNode | undefined;
  readonly node: RunNode | undefined;
}

/** The nodes that a write changed. What it left alone is shared. */
export function changesOf(before: Run, run: Run): Change[] {
  const changes: Change[] = [];
  for (const [path, node] of nodesOf(run)) {
    const old = before.nodes[path];
    if (old !== node) changes.push({ path, old, node });
  }
  for (const [path, old] of nodesOf(before)) {
    if (!Object.hasOwn(run.nodes, path)) changes.push({ path, old, node: undefined });
  }
  return changes;
}

/** What a write does to nodes beside its own: what may end, leave, come again and be opened. */
export function treeWrites(before: Run, run: Run, changes: readonly Change[], write: CheckedWrite): string[] {
  const rounds = changes.filter(isRound).map(({ path }) => `${path}/`);
  const opened = changes.filter((change) => isOpening(change, write));
  return [
    ...overlapping(write),
    ...changes.flatMap((change) => changing(run, change, { rounds, write })),
    ...(before.control?.kind === 'cancel' && opened.length > 0 ? ['I13: a cancelled run went on'] : []),
    ...opened.flatMap(({ path }) => (isOfJoin(run, path) ? joining(run, path) : [])),
    ...(write.shape ? ordered(before, run, { changes, opened, write }, treeOf(write.shape)) : []),
  ];
}

const isRound = ({ node, old }: Change) =>
  isLooping(old) && isLooping(node) && node.iteration === old.iteration + 1;

/** A node that was not there, or that comes again; a hand-back is none. */
const isOpening = ({ node, old, path }: Change, { fence, transition }: CheckedWrite): boolean =>
  node !== undefined &&
  !isLooping(node) &&
  isOpen(node) &&
  (!old || !isOpen(old) || (fence?.node === path && /ommit$/.test(transition.name)));

function changing(
  run: Run,
  { node, old, path }: Change,
  { rounds, write }: { rounds: readonly string[]; write: CheckedWrite },
): string[] {
  if (!old) return [];
  if (rounds.some((loop) => path.startsWith(loop))) {
    const isAlive = old.status === 'ready' || old.status === 'running' || isWaiting(old);
    return isAlive && path !== write.fence?.node ? [`I1: a loop went round while ${path} was open`] : [];
  }
  if (!node) return isOpen(old) ? [`${path} was removed while it was open`] : leaving(path, old, write);
  if (node.epoch < old.epoch) return [`I7: the epoch of ${path} decreased`];
  if (isLooping(old) && isLooping(node))
    return isRound({ path, node, old }) ? [] : [`the iterations of ${path} were not counted one by one`];
  if (!isOpen(old)) return restating(run, path, old, node);
  return [];
}

/** I11, for nodes that leave: what was put into history must be what they are. */
const leaving = (path: string, old: RunNode, { history }: CheckedWrite): string[] =>
  history && JSON.stringify(history[path]) !== JSON.stringify(old)
    ? [`I11: ${path} left without being in the history`]
    : [];

/** Of a node that has ended only its mark as the end of a branch may go, once the join has ended. */
function restating(run: Run, path: string, old: RunNode, node: RunNode): string[] {
  const { ends, ...rest } = old as { ends?: BranchEnd };
  const same = JSON.stringify(rest) === JSON.stringify(node);
  if (!same || !ends) return [`I11: ${path} had ended and was changed`];
  const join = run.nodes[ends.fork];
  return join && isOpen(join) ? [`${path} lost its mark before ${ends.fork} had ended`] : [];
}

const isOfJoin = (run: Run, path: string): boolean =>
  Object.values(run.nodes).some((each) => each.status === 'succeeded' && each.ends?.fork === path);

/** A join is opened only when each of its branches has ended, once. */
function joining(run: Run, fork: string): string[] {
  const ends = Object.values(run.nodes).flatMap((node) =>
    node.status === 'succeeded' && node.ends?.fork === fork ? [node.ends] : [],
  );
  const names = new Set(ends.map(({ branch }) => branch));
  const isWhole = ends.every(({ of }) => of === names.size) && names.size === ends.length;
  return isWhole ? [] : [`the join ${fork} was opened after ${[...names].join(', ') || 'no branch'}`];
}

interface Written {
  readonly changes: readonly Change[];
  readonly opened: readonly Change[];
  readonly write: CheckedWrite;
}

/** What only the shape can tell. */
function ordered(before: Run, run: Run, { changes, opened, write }: Written, tree: Tree): string[] {
  const { fence, plannedAt, transition } = write;
  const earliest = plannedAt ?? (fence && before.nodes[fence.node]?.startedAt) ?? 0;
  const broken: string[] = [];
  for (const { path, node } of opened) {
    const comes = fence
      ? tree.follows.get(fence.node)?.has(path)
      : transition.name === 'join' && tree.forks.has(path);
    if (!comes) broken.push(`${path} was opened by ${transition.name} of ${fence?.node ?? 'nobody'}`);
    if (node && node.notBefore < earliest + (tree.delays.get(path) ?? 0))
      broken.push(`I12: ${path} is ready before its time`);
    if (tree.forks.has(path)) broken.push(...whole(run, path, tree));
  }
  for (const { path, node } of changes) {
    const max = tree.loops.get(path)?.max ?? Number.POSITIVE_INFINITY;
    if (isLooping(node) && node.iteration > max) broken.push(`${path} goes round too often`);
  }
  if (transition.name === 'pathCommit' && fence) broken.push(...beyond(changes, fence.node, tree));
  if (endOf(run) === 'succeeded' && fence && !tree.lasts.has(fence.node))
    broken.push(`the run succeeded with ${fence.node}, after which more was to come`);
  return broken;
}

function whole(run: Run, fork: NodeId, tree: Tree): string[] {
  const names = Object.values(run.nodes).flatMap((node) =>
    node.status === 'succeeded' && node.ends?.fork === fork ? [node.ends.branch] : [],
  );
  const missing = (tree.forks.get(fork) ?? []).filter((name) => !names.includes(name));
  return missing.map((name) => `the join ${fork} was opened before ${name} had ended`);
}

/** A path commit writes nodes of its own branch only. */
function beyond(changes: readonly Change[], own: string, tree: Tree): string[] {
  const branch = tree.branchOf.get(own) ?? '';
  if (branch === '') return [`${own} is in no fork and was committed as if it were`];
  return changes.flatMap(({ path }) =>
    path.startsWith(branch) ? [] : [`a path commit of ${own} changed ${path}, which is not in its branch`],
  );
}

/** DynamoDB refuses an update of which one path lies within another. */
function overlapping({ transition }: CheckedWrite): string[] {
  const texts = transition.updates.map((update) => `${pathOf(update).join('\n')}\n`);
  texts.sort();
  return texts.flatMap((text, index) =>
    index > 0 && text.startsWith(texts[index - 1] ?? '\n')
      ? [`updates overlap: ${text.trim().replaceAll('\n', '.')}`]
      : [],
  );
}

export function pathOf(update: Update): Path {
  if ('remove' in update) return update.remove;
  if ('add' in update) return update.add;
  return 'drop' in update ? update.drop : update.set;
}
