import type { Run } from '../model/run.ts';
import type { Condition, Path, Transition, Update } from '../model/transition.ts';

/**
 * Applies a transition to a run as DynamoDB would: all guards or nothing, and every right-hand side read from the run
 * before the write. Returns undefined when a guard fails.
 */
export function applyTransition(run: Run, transition: Transition): Run | undefined {
  if (!transition.guards.every((guard) => holds(run, guard))) return undefined;
  const next = structuredClone(run);
  for (const update of transition.updates) applyUpdate(run, next, update);
  return next;
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

function applyUpdate(before: Run, next: Run, update: Update): void {
  const path = 'remove' in update ? update.remove : update.set;
  const parent = read(next, path.slice(0, -1)) as Container | undefined;
  const last = path.at(-1);
  if (parent === undefined || last === undefined) throw new Error(`no parent of ${path.join('.')}`);
  if ('remove' in update) delete parent[last];
  else if ('value' in update) parent[last] = structuredClone(update.value);
  else parent[last] = (read(before, update.from) as number) + update.by;
}

function read(run: Run, path: Path): unknown {
  let value: unknown = run;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Container)[step];
  }
  return value;
}
