import type { Run } from '../model/run.ts';
import type { Condition, Path, Transition, Update } from '../model/transition.ts';

/**
 * Applies a transition to a run as DynamoDB would: all guards or nothing, and every right-hand side read from the run
 * before the write. Returns undefined when a guard fails. The given run is left as it was; what did not change is shared
 * with the one returned, so neither may be changed in place.
 */
export function applyTransition(run: Run, transition: Transition): Run | undefined {
  if (!transition.guards.every((guard) => holds(run, guard))) return undefined;
  const next: Container = { ...run };
  const own = new Set<Container>([next]);
  for (const update of transition.updates) applyUpdate(run, next, own, update);
  return next as unknown as Run;
}

/** Whether a condition holds; a comparison with a missing path is false, and types must agree. */
function holds(run: Run, condition: Condition): boolean {
  const left = read(run, condition.path);
  if (!('value' in condition || 'than' in condition))
    return (left !== undefined) === (condition.is === 'present');
  const right = 'value' in condition ? condition.value : read(run, condition.than);
  if (left === undefined || right === undefined || typeof left !== typeof right) return false;
  switch (condition.is) {
    case '=':
      return left === right;
    case '<':
      return (left as number) < (right as number);
    case '<=':
      return (left as number) <= (right as number);
    case '>':
      return (left as number) > (right as number);
  }
}

type Container = Record<string, unknown>;

function applyUpdate(before: Run, next: Container, own: Set<Container>, update: Update): void {
  const path = 'remove' in update ? update.remove : update.set;
  const last = path.at(-1);
  if (last === undefined) throw new Error('an update needs a path');
  const parent = ownParent(next, own, path);
  if ('remove' in update) delete parent[last];
  else if ('value' in update) parent[last] = update.value;
  else parent[last] = (read(before, update.from) as number) + update.by;
}

/** The container that the last step of the path stands in, copied on the way as far as it is still shared. */
function ownParent(root: Container, own: Set<Container>, path: Path): Container {
  let container = root;
  for (const step of path.slice(0, -1)) {
    const inner = Object.hasOwn(container, step) ? container[step] : undefined;
    if (typeof inner !== 'object' || inner === null) throw new Error(`no parent of ${path.join('.')}`);
    let copy = inner as Container;
    if (!own.has(copy)) {
      copy = { ...copy };
      own.add(copy);
      container[step] = copy;
    }
    container = copy;
  }
  return container;
}

function read(run: Run, path: Path): unknown {
  let value: unknown = run;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Container)[step];
  }
  return value;
}
