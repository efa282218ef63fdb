import type { StandardSchemaV1 } from '@standard-schema/spec';
import { HoldfastError } from '../../model/errors.ts';
import { isSchema, type Schema, type SchemaInput, type SchemaOutput } from '../schema.ts';

/** The name of one more iteration, or of none, outside of the value that goes on. */
type Tag = 'again' | 'done';

// Registered, so that two copies of this module (a bundle, a thread) know each other's decisions.
const mark: unique symbol = Symbol.for('holdfast.decision') as never;
const vendor = 'holdfast.decision';
declare const content: unique symbol;

/**
 * What the body of a loop ends with: one more iteration with an `Again`, or the loop's output, a `Done`. Made by
 * `again` and `done` only: data that looks like one is data.
 */
export interface Decision<out Again, out Done> {
  readonly [content]: { readonly again: Again; readonly done: Done };
}

// A class of its own, so that a decision inside of a value is refused as not serialisable, not stored as its fields.
class Envelope {
  readonly tag: Tag;
  readonly value: unknown;

  // On the prototype: a copy of the fields is no decision.
  get [mark](): true {
    return true;
  }

  constructor(tag: Tag, value: unknown) {
    this.tag = tag;
    this.value = value;
    Object.freeze(this);
  }
}

const envelope = <Again, Done>(tag: Tag, value: unknown) =>
  new Envelope(tag, value) as unknown as Decision<Again, Done>;

/** One more iteration of the loop, which gets this value. */
export const again = <Value>(value: Value): Decision<Value, never> => envelope('again', value);

/** No further iteration: this value is the loop's output. */
export const done = <Value>(value: Value): Decision<never, Value> => envelope('done', value);

/** What a decision says; undefined for everything that `again` and `done` have not made. */
export function decisionOf(value: unknown): { readonly tag: Tag; readonly value: unknown } | undefined {
  if (typeof value !== 'object' || value === null || !(mark in value)) return undefined;
  const { tag, value: inner } = value as Envelope;
  return { tag, value: inner };
}

interface Kinds<Again extends Schema, Done extends Schema> {
  /** Of what goes into the next iteration. */
  readonly again: Again;
  /** Of the loop's output. */
  readonly done: Done;
}

/**
 * The output schema of a task that ends a loop's body: the task returns `again(value)` or `done(value)`, and the value
 * is checked by the schema of its kind. Both are needed: what is not checked has no type to go on with.
 *
 * @throws HoldfastError `InvalidArgument`
 */
export function decision<Again extends Schema, Done extends Schema>(
  kinds: Kinds<Again, Done>,
): StandardSchemaV1<
  Decision<SchemaInput<Again>, SchemaInput<Done>>,
  Decision<SchemaOutput<Again>, SchemaOutput<Done>>
> {
  for (const tag of ['again', 'done'] as const) {
    if (!isSchema(kinds?.[tag])) {
      throw new HoldfastError('InvalidArgument', `decision: ${tag} must be a Standard Schema`, {
        field: tag,
      });
    }
  }
  return Object.freeze({
    '~standard': {
      version: 1 as const,
      vendor,
      validate: (value: unknown) => check<Decision<SchemaOutput<Again>, SchemaOutput<Done>>>(kinds, value),
    },
  });
}

async function check<Result>(
  kinds: Kinds<Schema, Schema>,
  value: unknown,
): Promise<StandardSchemaV1.Result<Result>> {
  const decided = decisionOf(value);
  if (!decided) return { issues: [{ message: 'must be made by again(value) or done(value)' }] };
  const { tag } = decided;
  const result = await kinds[tag]['~standard'].validate(decided.value);
  if (!result.issues) return { value: new Envelope(tag, result.value) as Result };
  return { issues: result.issues.map((issue) => ({ ...issue, path: [tag, ...(issue.path ?? [])] })) };
}

/** Whether a schema was made by `decision`. */
export const isDecisionSchema = (schema: Schema | undefined): boolean =>
  schema?.['~standard'].vendor === vendor;
