import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { type ErrorCode, HoldfastError } from '../model/errors.ts';
import type { Logger } from '../ports/logger.ts';
import { statusOfCode } from './status.ts';

/** The body of every answer that is not a success (RFC 9457), as `application/problem+json`. */
interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  /** Stable: programs may match on it. */
  readonly code: ErrorCode;
  /** What happened this time. */
  readonly detail: string;
  /** The part of the request that is wrong. */
  readonly field?: string;
  /** What to do about it. */
  readonly hint: string;
}

/** When a caller may try again, in seconds. */
function retryAfterSec({ code, status }: Problem): number | undefined {
  // Counted by seconds: the next one begins within this time.
  if (code === 'TooManyRequests') return 1;
  return status === 429 || status === 503 ? 5 : undefined;
}

function problemOf(error: HoldfastError): Problem {
  const { code, message, field, hint } = error;
  return {
    type: `urn:holdfast:problem:${code}`,
    title: titleOf(code),
    status: statusOfCode[code],
    code,
    detail: message,
    ...(field === undefined ? {} : { field }),
    hint,
  };
}

/** The answer to whatever was thrown. What the server is to blame for is logged, and told without its details. */
export function answerError(c: Context, thrown: unknown, logger: Logger): Response {
  const error = toHoldfastError(thrown);
  const known = error !== undefined && statusOfCode[error.code] !== 500;
  if (!known || statusOfCode[error.code] > 500) {
    logger.error('request failed', { method: c.req.method, path: c.req.path, error: thrown });
  }
  return answerProblem(
    c,
    known ? error : new HoldfastError('InternalError', 'The request could not be carried out'),
  );
}

export function answerProblem(c: Context, error: HoldfastError): Response {
  const problem = problemOf(error);
  const retryAfter = retryAfterSec(problem);
  if (retryAfter !== undefined) c.header('retry-after', String(retryAfter));
  return c.body(JSON.stringify(problem), statusOfCode[error.code], {
    'content-type': 'application/problem+json',
  });
}

function toHoldfastError(thrown: unknown): HoldfastError | undefined {
  if (thrown instanceof HoldfastError) return thrown;
  if (thrown instanceof HTTPException && thrown.status < 500) {
    return new HoldfastError('InvalidArgument', thrown.message || 'The request is not valid HTTP', {
      cause: thrown,
    });
  }
  return undefined;
}

/** `IdempotencyConflict` → `Idempotency conflict`. */
function titleOf(code: ErrorCode): string {
  const words = code.replace(/(?<=.)[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.replace(' json', ' JSON');
}
