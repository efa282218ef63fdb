import type { Payload } from '../model/payload.ts';
import type { RunKey } from '../model/run.ts';
import { expiry } from '../payload/payload.ts';
import type { RelationPorts } from './ports.ts';

interface Carry {
  readonly from: RunKey;
  readonly to: RunKey;
  /** What it is called there. */
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
  if ('text' in payload && Buffer.byteLength(payload.text) <= inlineBytesMax) return payload;
  const text = 'text' in payload ? payload.text : await payloads.get(from, payload.pointer);
  await payloads.put(to, name, text, expiry.ofInput(clock.now(), settings.retention, yearMs));
  return { pointer: name, bytes: Buffer.byteLength(text) };
}
