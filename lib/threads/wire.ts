/** What a thread is asked to run: a function's text, or what a module exports. Everything here can be cloned. */
export type Target =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'export'; readonly url: string; readonly name: string };

/** What came of it: errors cross as data, because a clone keeps neither their class nor their own properties. */
export type Answer = { readonly value: unknown } | SentThrow;

/** An error, or anything else that was thrown. */
export type SentThrow = { readonly error: SentError } | { readonly thrown: unknown };

/** Told by a thread before it ends itself: what its call left to nobody, as the call would have answered. */
export interface Stray {
  readonly stray: unknown;
}

export const isStray = (payload: unknown): payload is Stray =>
  typeof payload === 'object' && payload !== null && 'stray' in payload;

export interface SentError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly code: string | number | undefined;
  readonly cause: { readonly error: SentError } | { readonly value: unknown } | undefined;
  /** The function's text has no such variable. */
  readonly captured: string | undefined;
}

const depthMax = 8;
const captured = /^([\p{ID_Start}$_][\p{ID_Continue}$]*) is not defined$/u;

/** @param isText as of `sendError` */
export function sendThrown(thrown: unknown, isText: boolean): SentThrow {
  try {
    if (thrown instanceof Error) return { error: sendError(thrown, isText) };
  } catch {
    return { thrown: undescribed };
  }
  return { thrown: isCloneable(thrown) ? thrown : textOf(thrown) };
}

const undescribed = 'something was thrown that cannot be described';

/** Whatever can be thrown can refuse to be text. */
export function textOf(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return undescribed;
  }
}

/** @param isText whether the function was sent as its text: then a missing variable is one that it captured */
export function sendError(error: Error, isText: boolean, depth = 0): SentError {
  const { cause, message, name, stack } = error;
  const code = 'code' in error ? error.code : undefined;
  return {
    name: String(name === 'Error' ? error.constructor.name : name),
    message: String(message),
    stack: typeof stack === 'string' ? stack : undefined,
    code: typeof code === 'string' || typeof code === 'number' ? code : undefined,
    cause: cause === undefined || depth >= depthMax ? undefined : sendCause(cause, depth + 1),
    captured: isText && error instanceof ReferenceError ? captured.exec(message)?.[1] : undefined,
  };
}

function sendCause(cause: unknown, depth: number): SentError['cause'] {
  if (cause instanceof Error) return { error: sendError(cause, false, depth) };
  return { value: isCloneable(cause) ? cause : String(cause) };
}

export function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

/** The errors whose class is the same on both sides; of others the name is kept. */
const classes: ReadonlyMap<string, ErrorConstructor> = new Map(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((each) => [each.name, each]),
);

export function receiveError(sent: SentError): Error {
  const { cause } = sent;
  const options = cause && { cause: 'error' in cause ? receiveError(cause.error) : cause.value };
  const error = new (classes.get(sent.name) ?? Error)(sent.message, options);
  const own = { name: sent.name, stack: sent.stack, code: sent.code };
  for (const [key, value] of Object.entries(own)) {
    if (value === undefined || Reflect.get(error, key) === value) continue;
    Object.defineProperty(error, key, {
      value,
      configurable: true,
      writable: true,
      enumerable: key === 'code',
    });
  }
  return error;
}
