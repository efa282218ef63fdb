import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Shape } from '../../model/definition.ts';
import type { DefinitionHash } from '../../model/ids.ts';
import type { Nodes } from './node-code.ts';

declare const output: unique symbol;

/** A finished definition. `Input` is what is submitted, `Output` what comes back. */
export interface Workflow<Input, Output, Name extends string = string> {
  readonly kind: 'workflow';
  readonly name: Name;
  /** From 1. */
  readonly version: number;
  /** Checks what is submitted; the first nodes get what it makes of that. */
  readonly input: StandardSchemaV1<Input, unknown>;
  readonly shape: Shape;
  readonly hash: DefinitionHash;
  readonly nodes: Nodes;
  readonly [output]?: Output;
}

/** Any workflow, whatever its types. */
export type AnyWorkflow = Workflow<unknown, unknown>;

export function isWorkflow(value: unknown): value is AnyWorkflow {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'workflow' &&
    'nodes' in value
  );
}
