import { hash } from 'node:crypto';
import type { RunKey } from '../model/run.ts';
import type { Ms } from '../model/time.ts';
import { type LifetimeInDays, lifetimeFor, lifetimePrefix, lifetimesInDays } from './lifetimes.ts';

/** What the name of a text says of it that lies in an object. */
export interface ObjectName {
  readonly days: LifetimeInDays;
  /** SHA-256 of the text in UTF-8, in hexadecimal. */
  readonly digest: string;
}

// No name of an item has a colon: they begin with a node or a word, and a `#`.
const pattern = /^object:(\d+):([0-9a-f]{64})$/;

/**
 * The name of a text that is to lie in an object: by its content, so that whoever writes the same name, be it a holder
 * that has lost its lease, writes the same text; and so that a reader sees whether it is what was written.
 *
 * @param keepMs how long it must be there, in milliseconds since it is written
 */
export const objectName = (text: string, keepMs: Ms): string =>
  nameOf({ days: lifetimeFor(keepMs), digest: digestOf(text) });

/** The same text, to be kept for another time. */
export const keptFor = ({ digest }: ObjectName, keepMs: Ms): string =>
  nameOf({ days: lifetimeFor(keepMs), digest });

const nameOf = ({ days, digest }: ObjectName): string => `object:${days}:${digest}`;

/** Undefined for a name of an item. */
export function parseObjectName(name: string): ObjectName | undefined {
  const [, daysText, digest] = pattern.exec(name) ?? [];
  const days = lifetimesInDays.find((each) => String(each) === daysText);
  return days !== undefined && digest !== undefined ? { days, digest } : undefined;
}

/** In hexadecimal. */
export const digestOf = (content: string | Uint8Array): string => hash('sha256', content, 'hex');

/** Tenants and ids of runs have no slash, and nothing that a URL would have to escape. */
export const objectKey = ({ run, tenant }: RunKey, { days, digest }: ObjectName): string =>
  `${lifetimePrefix(days)}${tenant}/${run}/${digest}`;
