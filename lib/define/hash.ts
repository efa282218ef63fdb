import { createHash } from 'node:crypto';
import stringify from 'safe-stable-stringify';
import type { Shape, TaskShape } from '../model/definition.ts';
import type { DefinitionHash } from '../model/ids.ts';

/** A hash over a JSON value that does not depend on the order of its keys: 26 characters of `0-9a-v`. */
export function stableHash(value: unknown): string {
  const digest = createHash('sha256')
    .update(stringify(value) ?? 'undefined')
    .digest();
  const bits = BigInt(`0x${digest.toString('hex')}`);
  return bits.toString(32).padStart(52, '0').slice(0, 26);
}

/** The hash of a stored text, the same for two that differ only in the order of their keys. */
export function hashOfText(text: string): string {
  // Texts that carry an `undefined` are not JSON; their own order counts.
  return stableHash(text.startsWith('undefined') ? text : { json: JSON.parse(text) });
}

/** The hash of a definition's shape. Retry and timeout are not part of a shape, so editing them keeps it. */
export function hashOf(shape: Shape | TaskShape): DefinitionHash {
  return stableHash(shape).slice(0, 16) as DefinitionHash;
}
