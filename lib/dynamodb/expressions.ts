import type { Phase, RunKey } from '../model/run.ts';
import type { Guard, Path, Transition, Update } from '../model/transition.ts';
import { shardOf, statePartition } from './keys.ts';
import { type Attribute, attributeOf, runShape } from './names.ts';
import { toStored } from './stored-value.ts';
import { stateIndex, tableKeys } from './table.ts';

/** The expressions of one `UpdateItem`. */
export interface Expressions {
  readonly ConditionExpression: string;
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, unknown>;
}

/**
 * A transition as one conditional write. Every name and every value is aliased, so no text from outside ever stands in
 * an expression, and reserved words do no harm. The condition names the run's own key first: without it an update of a
 * missing item would create a ghost of a run.
 *
 * Why one write is enough, whatever happens around it:
 *
 * ```
 * A  reads rev 3 ─────────── UpdateItem if rev = 3: SET …, rev = 4 ──▶ applied
 * B    reads rev 3 ───────────────── UpdateItem if rev = 3 ──▶ refused, and the item as it stands (rev 4) comes back
 * C                  UpdateItem on a deleted run ──▶ refused by attribute_exists; nothing is created
 * ```
 *
 * DynamoDB orders the writes on an item; condition and effect are one step, so no lock and no read comes before it. On
 * the right-hand sides stands the item before the write, so `epoch` and `nodes.x.epoch` can both become `epoch + 1`.
 */
export function toExpressions({ key, guards, updates }: Transition): Expressions {
  const aliases = new Aliases(key);
  const conditions = [`attribute_exists(${aliases.name(tableKeys.partition)})`];
  for (const guard of guards) conditions.push(condition(aliases, guard));
  const update = updateText(aliases, updates);
  return {
    ConditionExpression: conditions.join(' AND '),
    ...(update === '' ? {} : { UpdateExpression: update }),
    ...aliases.all(),
  };
}

function condition(aliases: Aliases, guard: Guard): string {
  const { text, attribute } = aliases.place(guard.path);
  switch (guard.is) {
    case 'present':
      return `attribute_exists(${text})`;
    case 'absent':
      return `attribute_not_exists(${text})`;
    // A missing set has no member, so what it lacks needs no word about its absence.
    case 'contains':
      return `contains(${text}, ${aliases.member(attribute, guard.value)})`;
    case 'lacks':
      return `NOT contains(${text}, ${aliases.member(attribute, guard.value)})`;
    case 'fewer':
      return `(attribute_not_exists(${text}) OR size(${text}) < ${aliases.size(attribute, guard.value)})`;
    default: {
      const right = 'than' in guard ? aliases.place(guard.than).text : aliases.value(attribute, guard.value);
      return `${text} ${guard.is} ${right}`;
    }
  }
}

/** The clauses of an update expression, in the order in which they are written. */
type Clause = 'SET' | 'REMOVE' | 'ADD' | 'DELETE';

function updateText(aliases: Aliases, updates: readonly Update[]): string {
  const clauses: Record<Clause, string[]> = { SET: [], REMOVE: [], ADD: [], DELETE: [] };
  for (const update of updates) {
    if ('remove' in update) clauses.REMOVE.push(aliases.place(update.remove).text);
    else if ('add' in update) clauses.ADD.push(...members(aliases, update.add, update.members));
    else if ('drop' in update) clauses.DELETE.push(...members(aliases, update.drop, update.members));
    else clauses.SET.push(...assignments(aliases, update));
  }
  return Object.entries(clauses)
    .filter(([, parts]) => parts.length > 0)
    .map(([clause, parts]) => `${clause} ${parts.join(', ')}`)
    .join(' ');
}

function assignments(aliases: Aliases, update: Extract<Update, { set: Path }>): string[] {
  const { text, attribute } = aliases.place(update.set);
  if ('from' in update) {
    return [`${text} = ${aliases.place(update.from).text} + ${aliases.value(attribute, update.by)}`];
  }
  const assignment = `${text} = ${aliases.value(attribute, update.value)}`;
  // The partition of the index follows from the phase: in one write, so that they cannot disagree.
  return attribute === phaseAttribute
    ? [assignment, aliases.indexPartition(update.value as Phase)]
    : [assignment];
}

/** Nothing for no members: the store knows no empty set, and they would change nothing. */
function members(aliases: Aliases, path: Path, names: readonly string[]): string[] {
  // Before anything gets an alias: one that is not used is refused.
  if (names.length === 0) return [];
  const { text, attribute } = aliases.place(path);
  mustBeSet(attribute);
  return [`${text} ${aliases.value(attribute, names)}`];
}

function mustBeSet({ set, stored }: Attribute): void {
  if (!set) throw new Error(`the attribute ${stored} is no set`);
}

interface Place {
  readonly text: string;
  readonly attribute: Attribute;
}

class Aliases {
  readonly #key: RunKey;
  readonly #names = new Map<string, string>();
  readonly #values: Record<string, unknown> = {};

  constructor(key: RunKey) {
    this.#key = key;
  }

  name(stored: string): string {
    const alias = this.#names.get(stored) ?? `#${this.#names.size}`;
    this.#names.set(stored, alias);
    return alias;
  }

  /** A path of properties as a document path of aliases, and what stands at its end. */
  place(path: Path): Place {
    const steps: string[] = [];
    let attribute: Attribute = { stored: '', shape: runShape };
    for (const property of path) {
      attribute = insideOf(attribute, property);
      steps.push(this.name(attribute.stored));
    }
    return { text: steps.join('.'), attribute };
  }

  value(attribute: Attribute, value: unknown): string {
    return this.#alias(toStored(attribute, value));
  }

  /** A possible member of the set. */
  member(attribute: Attribute, member: string): string {
    mustBeSet(attribute);
    return this.#alias(member);
  }

  /** A number of members of the set. */
  size(attribute: Attribute, size: number): string {
    mustBeSet(attribute);
    return this.#alias(size);
  }

  indexPartition(phase: Phase): string {
    const partition = this.#alias(statePartition(phase, shardOf(this.#key)));
    return `${this.name(stateIndex.partition)} = ${partition}`;
  }

  #alias(stored: unknown): string {
    const alias = `:${Object.keys(this.#values).length}`;
    this.#values[alias] = stored;
    return alias;
  }

  all(): Pick<Expressions, 'ExpressionAttributeNames' | 'ExpressionAttributeValues'> {
    const names = Object.fromEntries([...this.#names].map(([stored, alias]) => [alias, stored]));
    const hasValues = Object.keys(this.#values).length > 0;
    return {
      ExpressionAttributeNames: names,
      // DynamoDB refuses an empty map.
      ...(hasValues ? { ExpressionAttributeValues: this.#values } : {}),
    };
  }
}

const phaseAttribute = attributeOf(runShape, 'phase');

/** What stands under a property, or under the id of an entry. */
export function insideOf(attribute: Attribute, property: string): Attribute {
  // Ids are names of their own.
  if (attribute.entries) return { stored: property, shape: attribute.entries };
  if (!attribute.shape) throw new Error(`nothing lies inside the attribute ${attribute.stored}`);
  return attributeOf(attribute.shape, property);
}
