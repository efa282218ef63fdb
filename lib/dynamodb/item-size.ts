import type { Stored } from './stored-value.ts';

const writeUnitBytes = 1_024;
const readUnitBytes = 4_096;

/**
 * Bytes of an item as DynamoDB bills them, of values as the document client has them.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function sizeOfItem(item: Stored): number {
  let sum = 0;
  for (const name of Object.keys(item)) sum += Buffer.byteLength(name) + sizeOf(item[name]);
  return sum;
}

/** Of one value, without its name. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (typeof value === 'number') return sizeOfNumber(value);
  if (value instanceof Set) return [...value].reduce((sum, member) => sum + sizeOf(member), 0);
  // An element of a list, and an entry of a map, takes one byte more.
  if (Array.isArray(value)) return value.reduce((sum: number, each) => sum + sizeOf(each) + 1, 3);
  if (value !== null && typeof value === 'object')
    return sizeOfItem(value as Stored) + Object.keys(value).length + 3;
  return 1;
}

/** A byte for each two digits, zeros at the ends apart, and one more; another one for a sign. */
function sizeOfNumber(value: number): number {
  const digits = Number.isSafeInteger(value) ? digitsOfWhole(Math.abs(value)) : digitsOf(value);
  return Math.ceil(digits / 2) + 1 + (value < 0 ? 1 : 0);
}

/** Most are whole: without patterns this takes a third of the time. */
function digitsOfWhole(value: number): number {
  let left = value;
  while (left !== 0 && left % 10 === 0) left /= 10;
  return left === 0 ? 0 : String(left).length;
}

function digitsOf(value: number): number {
  const [digits = ''] = String(Math.abs(value)).split('e');
  return digits.replace('.', '').replace(/^0+|0+$/g, '').length;
}

/** What a write of an item of so many bytes is billed. */
export const writeUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / writeUnitBytes));

/** What a consistent read of an item of so many bytes is billed. */
export const readUnits = (bytes: number): number => Math.max(1, Math.ceil(bytes / readUnitBytes));
