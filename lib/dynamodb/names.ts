import type { Failure } from '../model/failure.ts';
import type { Payload } from '../model/payload.ts';
import type { BranchEnd, Control, Lease, Run, RunNode } from '../model/run.ts';
import { expiryAttribute, stateIndex } from './table.ts';

/** How a property is stored: its attribute's name, and what lies inside its value. */
export interface Attribute {
  readonly stored: string;
  /** The value is an object with these properties. */
  readonly shape?: Shape;
  /** The value is a map from ids, which are stored as they are, to objects with these properties. */
  readonly entries?: Shape;
}
/** Property name → attribute. A Map, because property names must not find `constructor` and the like. */
export type Shape = ReadonlyMap<string, Attribute>;

type KeyOf<T> = T extends unknown ? keyof T & string : never;
/** Every property must be named: forgetting one does not compile. */
type Names<T, Apart extends string = never> = Record<Exclude<KeyOf<T>, Apart>, string | Attribute>;

function shape(names: Readonly<Record<string, string | Attribute>>): Shape {
  const attributes = Object.entries(names).map(
    ([property, name]) => [property, typeof name === 'string' ? { stored: name } : name] as const,
  );
  if (new Set(attributes.map(([, { stored }]) => stored)).size < attributes.length) {
    throw new Error('two properties share an attribute');
  }
  return new Map(attributes);
}

const payload = shape({ text: 'x', pointer: 'p', bytes: 'b' } satisfies Names<Payload>);

const failure = shape({
  type: 't',
  message: 'm',
  code: 'c',
  attempt: 'a',
  worker: 'w',
} satisfies Names<Failure>);

const lease = shape({ nonce: 'n', until: 'u' } satisfies Names<Lease>);

const control = shape({
  kind: 'k',
  mode: 'm',
  reason: 'r',
  by: 'b',
  since: 's',
} satisfies Names<Control>);

const branchEnd = shape({ fork: 'f', branch: 'b', of: 'n' } satisfies Names<BranchEnd>);

const node = shape({
  status: 's',
  epoch: 'e',
  attempt: 'a',
  attemptsMax: 'm',
  notBefore: 'n',
  worker: 'w',
  startedAt: 'b',
  endedAt: 'd',
  failure: { stored: 'f', shape: failure },
  checkpoint: { stored: 'c', shape: payload },
  progress: 'p',
  lease: { stored: 'l', shape: lease },
  output: { stored: 'o', shape: payload },
  cached: 'h',
  from: 'r',
  pool: 'q',
  priority: 'y',
  decision: 'k',
  ends: { stored: 'j', shape: branchEnd },
  iteration: 'i',
} satisfies Names<RunNode>);

/** A version of the schema may add names; it must never give one another meaning. */
export const runShape = shape({
  schema: 'v',
  kind: 'k',
  name: 'n',
  hash: 'h',
  submission: 'u',
  // Stored together with the run's shard, as the partition key of the index.
  phase: stateIndex.partition,
  at: stateIndex.sort,
  rev: 'r',
  epoch: 'e',
  looks: 'l',
  input: { stored: 'i', shape: payload },
  nodes: { stored: 'g', entries: node },
  result: 'z',
  hasHistory: 'f',
  control: { stored: 'c', shape: control },
  pool: 'p',
  priority: 'y',
  tags: 't',
  idempotencyKey: 'x',
  timeoutMs: 'o',
  traceparent: 'w',
  createdAt: 'b',
  endedAt: 'd',
  expires: expiryAttribute,
  // The tenant and the run's id are its key.
} satisfies Names<Run, 'tenant' | 'run'>);

/** @throws Error for a property that runs do not have: a mistake in the protocol, not in any input. */
export function attributeOf(shape: Shape, property: string): Attribute {
  const found = shape.get(property);
  if (!found) throw new Error(`no attribute is named for the property ${JSON.stringify(property)}`);
  return found;
}
