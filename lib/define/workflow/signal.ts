import type { SignalShape } from '../../model/definition.ts';
import { checkName } from '../../model/ids.ts';
import { isSchema } from '../schema.ts';
import type { BodyDraft, SignalDraft } from './builder.ts';
import type { InvalidAt } from './invalid.ts';
import type { SignalCode } from './node-code.ts';
import { parseWait } from './wait.ts';

interface Signal extends Pick<SignalDraft, 'name' | 'options'> {
  readonly id: string;
  readonly path: string;
}

/**
 * A signal that is waited for: its shape, its code, and the draft of what follows when it does not come in time.
 *
 * @throws HoldfastError `InvalidWorkflow`, `InvalidName`, `InvalidDuration`, naming the node
 */
export function compileSignal(
  { id, name, options = {}, path }: Signal,
  invalid: InvalidAt,
): { shape: SignalShape; code: SignalCode; late: BodyDraft | undefined } {
  const { merge, onTimeout = 'fail', schema, timeout } = options;
  checkName(name, `node ${path}: signal`);
  if (schema !== undefined && !isSchema(schema)) {
    throw invalid(path, 'schema must be a Standard Schema, such as a zod schema');
  }
  if (merge !== undefined && typeof merge !== 'function') throw invalid(path, 'merge must be a function');
  if (onTimeout !== 'fail' && typeof onTimeout !== 'function') {
    throw invalid(path, `onTimeout must be 'fail' or a function of a chain`);
  }
  if (onTimeout !== 'fail' && timeout === undefined) throw invalid(path, 'onTimeout needs a timeout');
  const shape: SignalShape = Object.freeze({
    kind: 'signal' as const,
    id,
    signal: name,
    ...(timeout !== undefined && { timeoutMs: parseWait(timeout, `node ${path}: timeout`) }),
  });
  const code: SignalCode = Object.freeze({ kind: 'signal' as const, schema, merge, policy: {} });
  return { shape, code, late: onTimeout === 'fail' ? undefined : onTimeout };
}
