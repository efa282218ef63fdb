import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type ErrorCode, HoldfastError } from '../model/errors.ts';

/**
 * Checks a value against a Standard Schema and gives back what the schema makes of it.
 *
 * @throws HoldfastError with the given code, naming the first field that does not fit.
 */
export async function validate<Output>(
  schema: StandardSchemaV1<unknown, Output>,
  value: unknown,
  code: Extract<ErrorCode, 'InvalidInput' | 'InvalidOutput' | 'InvalidSignal'>,
  root: 'input' | 'output' | 'signal',
): Promise<Output> {
  const result = await schema['~standard'].validate(value);
  if (!result.issues) return result.value;
  const [first] = result.issues;
  const steps = (first?.path ?? []).map((step) => (typeof step === 'object' ? step.key : step));
  const field = [root, ...steps].map(String).join('.');
  const more = result.issues.length > 1 ? ` (and ${result.issues.length - 1} more)` : '';
  throw new HoldfastError(code, `${field}: ${first?.message ?? 'does not fit the schema'}${more}`, { field });
}
