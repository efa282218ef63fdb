import { HoldfastError } from '../../model/errors.ts';
import { checkName } from '../../model/ids.ts';
import { hashOf } from '../hash.ts';
import { isSchema, type Schema, type SchemaInput, type SchemaOutput } from '../schema.ts';
import { Builder } from './builder.ts';
import type { WorkflowChain } from './chain.ts';
import { compile } from './compile.ts';

interface WorkflowOptions<Input extends Schema> {
  /** Checks what is submitted; the first element gets what the schema makes of it. */
  readonly input: Input;
  /**
   * A whole number from 1; default 1. Several versions may be registered at once: new runs get the highest, runs under
   * way go on with the one whose shape they began with.
   */
  readonly version?: number;
}

/**
 * Begins a workflow: continue it with `step`, `fork`, `branch`, `loop`, `delay`, `awaitSignal`, `child` and `map`, and
 * end with `build`.
 *
 * @param name 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter
 * @throws HoldfastError `InvalidName`, `InvalidArgument`
 */
export function defineWorkflow<Input extends Schema, const Name extends string = string>(
  name: Name,
  { input, version = 1 }: WorkflowOptions<Input>,
): WorkflowChain<SchemaInput<Input>, SchemaOutput<Input>, Name> {
  checkName(name, 'name');
  if (!isSchema(input)) throw invalid(name, 'input', 'must be a Standard Schema, such as a zod schema');
  if (!Number.isSafeInteger(version) || version < 1) {
    throw invalid(name, 'version', 'must be a whole number from 1');
  }
  const chain = new Builder((drafts) => {
    const { body, nodes } = compile(name, drafts);
    const shape = Object.freeze({ kind: 'workflow' as const, name, body });
    return Object.freeze({
      kind: 'workflow' as const,
      name,
      version,
      input,
      shape,
      hash: hashOf(shape),
      nodes,
    });
  });
  // The types live in the interface alone: the builder itself knows neither values nor ids.
  return chain as unknown as WorkflowChain<SchemaInput<Input>, SchemaOutput<Input>, Name>;
}

function invalid(workflow: string, field: string, what: string): HoldfastError {
  return new HoldfastError('InvalidArgument', `Workflow ${workflow}: ${field} ${what}`, { field });
}
