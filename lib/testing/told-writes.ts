import { isOpen, type Run, type RunNode } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { CheckedWrite } from './invariants.ts';
import type { Change } from './tree-writes.ts';
import { isWaiting } from './waiting.ts';

/* What a run is told from outside: signals (I15), how its children and the runs it depends on have ended. */

export function told(
  before: Run,
  run: Run,
  changes: readonly Change[],
  write: CheckedWrite,
  now: EpochMs,
): string[] {
  return [
    ...changes.flatMap((change) => waking(before, change, write, now)),
    ...(before.signals === run.signals && before.signalIds === run.signalIds && !changes.some(isSignalled)
      ? []
      : signalled(before, run, changes)),
    ...(before.waitsFor === run.waitsFor ? [] : released(before, run, write)),
    ...(before.dependents === run.dependents ? [] : attached(before, run)),
  ];
}

const isSignalled = ({ node, old }: Change): boolean => node?.signal?.id !== old?.signal?.id;

/** A node goes on waiting until what it waits for has come, or it is too late for that. */
function waking(
  before: Run,
  { node, old, path }: Change,
  { skewMs, transition }: CheckedWrite,
  now: EpochMs,
): string[] {
  if (!node || !old) return [];
  const broken: string[] = [];
  if (isWaiting(old) && isOpen(node)) {
    if (node.status === 'running') broken.push(`${path} was started while it waited`);
    if (node.status === 'ready' && !hasCome(node)) broken.push(`${path} was woken for nothing`);
    if (isWaiting(node) && transition.name !== 'release') broken.push(`${path} waits for something else`);
  }
  if (isWaiting(node) && old.status === 'running' && (!node.child || node.child.status !== undefined))
    broken.push(`${path} was left to wait for nothing`);
  if (old.child && node.child && old.status !== 'succeeded') broken.push(...ofChild(path, old, node));
  if (!node.signal?.timedOut || old.signal?.timedOut) return broken;
  if (before.signals?.some(({ name }) => name === node.signal?.name))
    broken.push(`I15: ${path} timed out while its signal was stored`);
  if (old.signal?.id !== undefined) broken.push(`I15: ${path} timed out after its signal had come`);
  if ((node.signal.until ?? Number.POSITIVE_INFINITY) > now + skewMs)
    broken.push(`I12: ${path} timed out before its time`);
  return broken;
}

const hasCome = ({ child, signal }: RunNode): boolean =>
  signal?.id !== undefined || signal?.timedOut === true || child?.status !== undefined;

function ofChild(path: string, old: RunNode, node: RunNode): string[] {
  if (old.child === node.child) return [];
  const broken: string[] = [];
  if (old.child?.run !== node.child?.run) broken.push(`${path} stands for another run`);
  if (old.child?.status !== undefined && old.child.status !== node.child?.status)
    broken.push(`I11: ${path} was told of another end of its child`);
  return broken;
}

/** A signal that was taken on is kept until one node has it: none is lost, none counts twice. */
function signalled(before: Run, run: Run, changes: readonly Change[]): string[] {
  const pending = before.signals ?? [];
  const given = changes.flatMap(({ node, old }) =>
    node?.signal?.id !== undefined && node.signal.id !== old?.signal?.id
      ? [{ id: node.signal.id, name: node.signal.name }]
      : [],
  );
  const now = [...(run.signals ?? []), ...given];
  const broken = pending.flatMap(({ id }) =>
    now.some((each) => each.id === id) ? [] : [`the signal ${id} was lost`],
  );
  for (const [index, { id, name }] of now.entries()) {
    const known = pending.find((each) => each.id === id);
    const isNew = run.signalIds?.includes(id) && !before.signalIds?.includes(id);
    if (!known && !isNew) broken.push(`the signal ${id} came a second time, or from nowhere`);
    if (known && known.name !== name) broken.push(`the signal ${id} was taken for another`);
    if (now.findIndex((each) => each.id === id) < index) broken.push(`the signal ${id} counts twice`);
  }
  return broken;
}

/** One thing less to wait for, by whoever knows how it ended; or the end. */
function released(before: Run, run: Run, { transition }: CheckedWrite): string[] {
  const old = before.waitsFor ?? [];
  const left = run.waitsFor ?? [];
  const gone = old.filter((each) => !left.includes(each));
  const isOneLess = gone.length === 1 && left.length === old.length - 1;
  return transition.name === 'release' && isOneLess
    ? []
    : [`I3: ${transition.name} took ${gone.join(', ') || 'nothing'} from what it waits for`];
}

function attached(before: Run, run: Run): string[] {
  const left = (before.dependents ?? []).filter((each) => !run.dependents?.includes(each));
  return left.length > 0 ? [`I16: the dependent ${left.join(', ')} was forgotten`] : [];
}

/** A run that ends for what it depended on has not begun, and never does. */
export function skipped(before: Run, run: Run): string[] {
  return [
    ...(before.waitsFor ? [] : ['I17: ended for a run that it did not wait for']),
    ...(run.failure ? [] : ['I17: ended for a run that is not named']),
    ...Object.entries(run.nodes).flatMap(([path, { status }]) =>
      status === 'skipped' || !isOpen(before.nodes[path as keyof Run['nodes']] ?? { status })
        ? []
        : [`I3: ${path} is ${status} in a run that was skipped`],
    ),
  ];
}
