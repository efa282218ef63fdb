import type { Payload } from '../model/payload.ts';
import type { RunKey } from '../model/run.ts';
import { keptFor, parseObjectName } from '../payload/object-name.ts';
import { keepFor, packText, storeApart } from '../payload/payload.ts';
import type { RelationPorts } from './ports.ts';

interface Carry {
  readonly from: RunKey;
  readonly to: RunKey;
  /** What it is called there, where it lies in an item. */
  readonly name: string;
  /** Values up to so many bytes go into the item of `to`. */
  readonly inlineBytesMax: number;
}

const yearMs = 366 * 86_400_000;

/** Hands a value of one run to another, with which it stays when the first one is deleted. Any number of times. */
export async function carry(
  { clock, payloads, settings }: RelationPorts,
  payload: Payload,
  { from, inlineBytesMax, name, to }: Carry,
): Promise<Payload> {
  const keepMs = keepFor.input(settings.retention, yearMs);
  const now = clock.now();
  if ('text' in payload) {
    const options = { field: 'output', pointer: name, tooLarge: 'OutputTooLarge', store: payloads } as const;
    const packed = packText(payload.text, { ...options, keepMs, inlineBytesMax });
    await storeApart(payloads, to, packed, now);
    return packed.payload;
  }
  const { bytes, pointer } = payload;
  const object = parseObjectName(pointer);
  const there = object ? keptFor(object, keepMs) : name;
  await payloads.copy({ key: from, name: pointer }, { key: to, name: there }, now + keepMs);
  return { pointer: there, bytes };
}
