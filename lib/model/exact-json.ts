import { HoldfastError } from './errors.ts';

/** Stands for an integer that JSON can say and a number cannot hold. */
const lostInteger = Symbol('lost integer');

/**
 * The value of a JSON text, as JSON.parse has it, unless an integer in it would become another one.
 *
 * @param nameOf what people call the place with a path
 * @throws SyntaxError for what is no JSON, HoldfastError `NotSerializable`
 */
export function parseExactJson(text: string, nameOf: (path: readonly string[]) => string): unknown {
  // Most texts have no integer of so many digits, and are spared a look at each of their values.
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const value: unknown = JSON.parse(text, keepIntegers);
  const path = findLost(value, []);
  if (path === undefined) return value;
  const field = nameOf(path);
  throw new HoldfastError('NotSerializable', `${field} is an integer with more digits than a number keeps`, {
    field,
    hint: 'Send it as text: beyond 2^53 numbers lose their last digits.',
  });
}

function keepIntegers(_key: string, value: unknown, { source = '' }: { source?: string } = {}): unknown {
  if (typeof value !== 'number' || !/^-?\d+$/.test(source)) return value;
  return Number.isFinite(value) && BigInt(source) === BigInt(value) ? value : lostInteger;
}

function findLost(value: unknown, path: readonly string[]): readonly string[] | undefined {
  if (value === lostInteger) return path;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = findLost(inner, [...path, key]);
    if (found) return found;
  }
  return undefined;
}
