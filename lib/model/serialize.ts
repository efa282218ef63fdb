import { HoldfastError } from './errors.ts';

/** How `undefined` begins as a stored text: not JSON, so it cannot be mistaken for a value. */
const undefinedMark = 'undefined';
const depthMax = 200;

type Step = string | number;

/**
 * A value as text: JSON, and `undefined` where JSON has none. `deserialize` gives an equal value back; only the sign of
 * a negative zero is lost.
 *
 * @throws HoldfastError `NotSerializable`, naming the path of what JSON cannot carry: bigints, symbols, functions, NaN,
 *   infinities, cycles, nesting deeper than 200, and objects that are neither plain nor arrays (Date, Map, instances).
 */
export function serialize(value: unknown, root = 'value'): string {
  const missing: Step[][] = [];
  inspect(value, [], new Set(), missing, root);
  if (value === undefined) return undefinedMark;
  const json = JSON.stringify(value);
  return missing.length === 0 ? json : `${undefinedMark}${JSON.stringify(missing)}\n${json}`;
}

/** @throws HoldfastError `NotSerializable` when the text was not made by `serialize`. */
export function deserialize(text: string): unknown {
  try {
    return text.startsWith(undefinedMark)
      ? withUndefined(text.slice(undefinedMark.length))
      : JSON.parse(text);
  } catch (cause) {
    throw new HoldfastError('NotSerializable', 'A stored value is damaged', { cause });
  }
}

function withUndefined(text: string): unknown {
  if (text === '') return undefined;
  const end = text.indexOf('\n');
  const missing = JSON.parse(text.slice(0, end)) as Step[][];
  const value = JSON.parse(text.slice(end + 1));
  for (const path of missing) {
    const parent = path.slice(0, -1).reduce((inner, step) => inner[step], value);
    // Not an assignment: a key named __proto__ is data here.
    const last = path.at(-1) as Step;
    Object.defineProperty(parent, last, {
      value: undefined,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return value;
}

function inspect(value: unknown, path: Step[], above: Set<object>, missing: Step[][], root: string): void {
  const refuse = (what: string): never => {
    const place = [root, ...path].join('.');
    throw new HoldfastError('NotSerializable', `${place} ${what}`, { field: place });
  };
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return;
    case 'number':
      if (!Number.isFinite(value)) refuse(`is ${value}, which JSON cannot carry`);
      return;
    case 'undefined':
      if (path.length > 0) missing.push(path);
      return;
    case 'object':
      break;
    default:
      refuse(`is a ${typeof value}, which JSON cannot carry`);
  }
  if (typeof value !== 'object' || value === null) return;
  if (above.has(value)) refuse('refers back to a value that contains it');
  if (path.length >= depthMax) refuse(`is nested deeper than ${depthMax}`);
  if (!isPlain(value)) refuse(`is a ${value.constructor?.name ?? 'special object'}, which JSON would change`);
  if (Object.getOwnPropertySymbols(value).length > 0) refuse('has a symbol as a key');
  above.add(value);
  for (const [key, inner] of entriesOf(value)) inspect(inner, [...path, key], above, missing, root);
  above.delete(value);
}

function entriesOf(value: object): Iterable<[Step, unknown]> {
  // entries() of an array shows its holes as undefined, which is how they come back.
  return Array.isArray(value) ? value.entries() : Object.entries(value);
}

function isPlain(value: object): boolean {
  // A method named toJSON would replace the value; as an own property of a plain object it is refused as a function.
  if (Array.isArray(value)) return true;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
