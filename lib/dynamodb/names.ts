import type { Failure } from '../model/failure.ts';
import type { Limited } from '../model/limit.ts';
import type { Payload } from '../model/payload.ts';
import type {
  AwaitedSignal,
  BranchEnd,
  ChildLink,
  Control,
  DeliveryTarget,
  Dependency,
  ExecutionLabel,
  Lease,
  Resumption,
  Run,
  RunNode,
  StoredSignal,
} from '../model/run.ts';
import { expiryAttribute, stateIndex } from './table.ts';

/** How a property is stored: its attribute's name, and what lies inside its value. */
export interface Attribute {
  readonly stored: string;
  /** The value is an object with these properties. */
  readonly shape?: Shape;
  /** The value is a map from ids, which are stored as they are, to objects with these properties. */
  readonly entries?: Shape;
  /** The value is a list of objects with these properties. */
  readonly items?: Shape;
  /** The value is a set of texts, which the store knows as one. It is never empty: with its last member it is gone. */
  readonly set?: true;
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

const resumption = shape({ reason: 'r', by: 'b', since: 's' } satisfies Names<Resumption>);

const storedSignal = shape({
  name: 'n',
  id: 'i',
  payload: { stored: 'p', shape: payload },
} satisfies Names<StoredSignal>);

const awaitedSignal = shape({
  name: 'n',
  until: 'u',
  id: 'i',
  payload: { stored: 'p', shape: payload },
  timedOut: 't',
} satisfies Names<AwaitedSignal>);

const childLink = shape({
  run: 'r',
  status: 's',
  output: { stored: 'o', shape: payload },
  failure: { stored: 'f', shape: failure },
} satisfies Names<ChildLink>);

const limited = shape({
  name: 'n',
  key: 'k',
  since: 's',
  until: 'u',
  permit: 'p',
  attempt: 't',
} satisfies Names<Limited>);

const dependency = shape({ as: 'a', output: { stored: 'o', shape: payload } } satisfies Names<Dependency>);

const execution = shape({ workflowId: 'w', caller: 'c', filePath: 'f' } satisfies Names<ExecutionLabel>);

const deliveryTarget = shape({ webhook: 'w', queue: 'q' } satisfies Names<DeliveryTarget>);

const parent = shape({ run: 'r', node: 'n' } satisfies Names<NonNullable<Run['parent']>>);

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
  input: { stored: 'v', shape: payload },
  signal: { stored: 'g', shape: awaitedSignal },
  child: { stored: 't', shape: childLink },
  limited: { stored: 'z', shape: limited },
  spent: 'u',
} satisfies Names<RunNode>);

/** A version of the schema may add names; it must never give one another meaning. */
export const runShape = shape({
  schema: 'v',
  kind: 'k',
  name: 'n',
  hash: 'h',
  submission: 'u',
  // Beside it, and following from it and the run's shard, stands the partition key of the index.
  phase: 's',
  at: stateIndex.sort,
  rev: 'r',
  epoch: 'e',
  looks: 'l',
  input: { stored: 'i', shape: payload },
  nodes: { stored: 'g', entries: node },
  result: 'z',
  hasHistory: 'f',
  control: { stored: 'c', shape: control },
  resumed: { stored: 'C', shape: resumption },
  ended: 'a',
  failure: { stored: 'm', shape: failure },
  signals: { stored: 'q', items: storedSignal },
  signalIds: 'Q',
  waitsFor: { stored: 'W', set: true },
  dependents: { stored: 'D', set: true },
  dependencies: { stored: 'j', entries: dependency },
  onDependencyFailure: 'J',
  parent: { stored: 'P', shape: parent },
  retryOf: 'R',
  execution: { stored: 'X', shape: execution },
  deliverTo: { stored: 'T', items: deliveryTarget },
  deliveryOf: 'O',
  counted: 'N',
  pool: 'p',
  priority: 'y',
  tags: 't',
  idempotencyKey: 'x',
  timeoutMs: 'o',
  traceparent: 'w',
  spent: 'U',
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
