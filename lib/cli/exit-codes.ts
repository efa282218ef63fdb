import { statusOfCode } from '../api/status.ts';
import type { ErrorCode } from '../model/errors.ts';

/** What the process ends with. Stable: scripts may match on it. */
export const exitCodes = {
  done: 0,
  /** The run failed, was cancelled or did not end in time. */
  runFailed: 1,
  usage: 2,
  unreachable: 3,
  notFound: 4,
  refused: 5,
} as const;

const special: Partial<Record<ErrorCode, number>> = {
  RunFailed: exitCodes.runFailed,
  RunCancelled: exitCodes.runFailed,
  WaitTimedOut: exitCodes.runFailed,
  // Somebody answers there, but not an API that can be used.
  ApiProblem: exitCodes.unreachable,
  UnknownRoute: exitCodes.unreachable,
  MethodNotAllowed: exitCodes.unreachable,
  InternalError: exitCodes.unreachable,
  InvalidSetting: exitCodes.usage,
  MissingSetting: exitCodes.usage,
  DuplicateName: exitCodes.usage,
  NoTasks: exitCodes.usage,
  NodeTooOld: exitCodes.usage,
  TasksNotLoaded: exitCodes.usage,
};

export function exitCodeOf(code: ErrorCode): number {
  const status = statusOfCode[code];
  if (special[code] !== undefined) return special[code];
  if (status === 404) return exitCodes.notFound;
  if (status === 409 || status === 429) return exitCodes.refused;
  if (status < 500) return exitCodes.usage;
  return status === 500 ? exitCodes.runFailed : exitCodes.unreachable;
}
