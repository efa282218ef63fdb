import type { Run } from '../model/run.ts';
import type { Path, Transition, Update } from '../model/transition.ts';
import type { WriteUnits } from '../ports/run-store.ts';
import { insideOf } from './expressions.ts';
import { encodeRun } from './item.ts';
import { sizeOf, sizeOfItem, writeUnits } from './item-size.ts';
import { type Attribute, runShape } from './names.ts';
import { toStored } from './stored-value.ts';

/** The put of a new run: its item, and its entry in the index. */
export const unitsOfPut = (run: Run): WriteUnits => ({
  table: writeUnits(sizeOfItem(encodeRun(run))),
  index: 1,
});

/**
 * What a transition will be billed where the run is as it was seen: the larger one of the item before and after it. In
 * the index an entry that moves is taken out and put in.
 */
export function unitsOfUpdate(run: Run, { updates }: Transition): WriteUnits {
  const before = sizeOfItem(encodeRun(run));
  const after = updates.reduce((bytes, update) => bytes + growth(run, update), before);
  return { table: writeUnits(Math.max(before, after)), index: updates.some(movesInIndex) ? 2 : 0 };
}

const movesInIndex = (update: Update): boolean =>
  'set' in update && update.set.length === 1 && ['phase', 'at'].includes(String(update.set[0]));

/** By how many bytes the update makes the item larger. */
function growth(run: Run, update: Update): number {
  if ('remove' in update) return -sizeAt(update.remove, valueAt(run, update.remove));
  if ('set' in update) {
    const old = valueAt(run, update.set);
    const value = 'from' in update ? Number(valueAt(run, update.from)) + update.by : update.value;
    // The phase stands in the key of the index, too.
    const times = update.set.length === 1 && update.set[0] === 'phase' ? 2 : 1;
    return times * (sizeAt(update.set, value) - sizeAt(update.set, old));
  }
  const path = 'add' in update ? update.add : update.drop;
  const members = (valueAt(run, path) ?? []) as readonly string[];
  const others = members.filter((member) => !update.members.includes(member));
  const after = 'add' in update ? [...others, ...update.members] : others;
  return sizeAt(path, orNone(after)) - sizeAt(path, orNone(members));
}

/** With its last member a set goes, too. */
const orNone = (members: readonly string[]) => (members.length === 0 ? undefined : members);

const valueAt = (run: Run, path: Path): unknown =>
  path.reduce<unknown>((inside, name) => (inside as Record<string, unknown> | undefined)?.[name], run);

/** Of an attribute with its name; nothing where there is no value. */
function sizeAt(path: Path, value: unknown): number {
  if (value === undefined) return 0;
  const attribute = path.reduce<Attribute>(insideOf, { stored: '', shape: runShape });
  // What lies in a map takes one byte more.
  const inMap = path.length > 1 ? 1 : 0;
  return Buffer.byteLength(attribute.stored) + sizeOf(toStored(attribute, value)) + inMap;
}
