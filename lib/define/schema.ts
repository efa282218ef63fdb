import type { StandardSchemaV1 } from '@standard-schema/spec';

/** Any Standard Schema. */
export type Schema = StandardSchemaV1<unknown, unknown>;
export type SchemaInput<S extends StandardSchemaV1> = StandardSchemaV1.InferInput<S>;
export type SchemaOutput<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>;

export function isSchema(value: unknown): value is Schema {
  return value !== null && (typeof value === 'object' || typeof value === 'function') && '~standard' in value;
}
