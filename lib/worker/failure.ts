import { HoldfastError, NonRetryableError } from '../model/errors.ts';
import type { Failure } from '../model/failure.ts';

const messageLengthMax = 1_024;

/** Errors of ours that the same input would only bring again. */
const finalCodes: ReadonlySet<string> = new Set([
  'InvalidInput',
  'InvalidOutput',
  'NotSerializable',
  'OutputTooLarge',
  'PayloadDamaged',
  'NoRoute',
  'NoDecision',
  'InvalidSignal',
  'ChildFailed',
]);

/** What was thrown, as it is stored: errors by class and message, anything else by what it looks like as text. */
export function toFailure(thrown: unknown, attempt: number, worker: string): Failure {
  return { ...(attempted(() => describe(thrown)) ?? undescribed), attempt, worker };
}

type Description = Pick<Failure, 'type' | 'message' | 'code'>;

/** For what throws when it is looked at: a proxy, a getter. */
const undescribed: Description = {
  type: 'NonError',
  message: 'something was thrown that cannot be described',
};

function describe(thrown: unknown): Description {
  if (thrown instanceof HoldfastError) {
    return { type: thrown.code, code: thrown.code, message: cut(thrown.message) };
  }
  if (!(thrown instanceof Error)) return { type: 'NonError', message: cut(textOf(thrown)) };
  const name = attempted(() => thrown.name);
  // Those that have no name of their own, nor their class one, are known by their class.
  const isNamed = name !== 'Error' || attempted(() => Object.hasOwn(thrown, 'name'));
  const type = typeof name === 'string' && isNamed ? name : attempted(() => thrown.constructor.name);
  const code = attempted(() => ('code' in thrown ? thrown.code : undefined));
  return {
    type: cut(typeof type === 'string' && type !== '' ? type : 'Error'),
    message: cut(attempted(() => String(thrown.message)) ?? ''),
    ...(typeof code === 'string' && { code: cut(code) }),
  };
}

function textOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null) return String(thrown);
  return attempted(() => JSON.stringify(thrown)) ?? Object.prototype.toString.call(thrown);
}

function attempted<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Well-formed also where the cut, or whoever made the text, left half of a surrogate pair. */
function cut(text: string): string {
  return (text.length > messageLengthMax ? `${text.slice(0, messageLengthMax - 1)}…` : text).toWellFormed();
}

/** Whether another attempt could help. */
export function isRetryable(thrown: unknown, retryIf: ((error: unknown) => boolean) | undefined): boolean {
  if (attempted(() => isFinal(thrown)) ?? false) return false;
  return retryIf === undefined || attempted(() => retryIf(thrown) !== false) === true;
}

function isFinal(thrown: unknown): boolean {
  if (thrown instanceof HoldfastError) return finalCodes.has(thrown.code);
  // By name as well: the class may come from another copy of this package.
  return (
    thrown instanceof NonRetryableError || (thrown instanceof Error && thrown.name === 'NonRetryableError')
  );
}
