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
  switch (condition.is) {
    case 'present':
      return left !== undefined;
    case 'absent':
      return left === undefined;
    case 'contains':
      return membersOf(left).includes(condition.value);
    case 'lacks':
      return !membersOf(left).includes(condition.value);
    case 'fewer':
      return left === undefined || membersOf(left).length < condition.value;
    default:
      return compare(condition.is, left, 'than' in condition ? read(run, condition.than) : condition.value);
  }
}

function compare(is: '=' | '<' | '<=' | '>', left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined || typeof left !== typeof right) return false;
  // The empty text is stored as null, which is equal to itself and has no order.
  if (is !== '=' && (left === '' || right === '')) return false;
  switch (is) {
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

/** The members of a set; a missing one has none. */
function membersOf(value: unknown): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Error('only sets have members');
  return value;
}

type Container = Record<string, unknown>;

function applyUpdate(before: Run, next: Container, own: Set<Container>, update: Update): void {
  const path = pathOf(update);
  const last = path.at(-1);
  if (last === undefined) throw new Error('an update needs a path');
  const parent = ownParent(next, own, path);
  const value = valueAfter(before, update);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
}

function pathOf(update: Update): Path {
  if ('remove' in update) return update.remove;
  if ('add' in update) return update.add;
  return 'drop' in update ? update.drop : update.set;
}

/** What an update leaves at its path; undefined where that is nothing. */
function valueAfter(before: Run, update: Update): unknown {
  if ('remove' in update) return undefined;
  if ('add' in update) return asSet([...membersOf(read(before, update.add)), ...update.members]);
  if ('drop' in update) {
    return asSet(membersOf(read(before, update.drop)).filter((member) => !update.members.includes(member)));
  }
  if ('from' in update) return (read(before, update.from) as number) + update.by;
  return update.set.length === 1 && setNames.has(update.set[0]) ? storedSet(update.value) : update.value;
}

/** The properties of a run that are sets. */
const setNames: ReadonlySet<string | undefined> = new Set<keyof Run>(['waitsFor', 'dependents']);

/** A run as a store gives it back: with its sets in order. Throws where DynamoDB refuses the run. */
export function asStored(run: Run): Run {
  const { waitsFor, dependents } = run;
  if (!waitsFor && !dependents) return run;
  return {
    ...run,
    ...(waitsFor && { waitsFor: storedSet(waitsFor) }),
    ...(dependents && { dependents: storedSet(dependents) }),
  } as Run;
}

function storedSet(members: unknown): readonly string[] {
  const stored = asSet(membersOf(members));
  if (!stored) throw new Error('a set that is empty must be left out');
  return stored;
}

/** Sets are arrays here: sorted, each member once. A set without members is none. */
const asSet = (members: readonly string[]): readonly string[] | undefined =>
  members.length === 0 ? undefined : [...new Set(members)].sort();

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
