import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ErrorCode } from '../model/errors.ts';

/** The status of each code. Codes that no request can cause, if one comes all the same, are the server's fault. */
export const statusOfCode = {
  InvalidArgument: 400,
  InvalidInput: 400,
  InvalidName: 400,
  InvalidDuration: 400,
  NotSerializable: 400,
  MalformedJson: 400,
  UnknownTask: 400,
  UnknownTag: 400,

  NotFound: 404,
  UnknownRoute: 404,
  MethodNotAllowed: 405,

  IdempotencyConflict: 409,
  AlreadyCancelled: 409,
  AlreadyFinished: 409,
  RunFailed: 409,
  RunCancelled: 409,
  NewerSchema: 409,

  PayloadTooLarge: 413,
  UnsupportedMediaType: 415,

  StoreUnreachable: 503,
  TableNotFound: 503,
  QueueUnreachable: 503,
  ApiUnreachable: 503,
  WaitTimedOut: 504,

  InvalidOutput: 500,
  NoRoute: 500,
  NoDecision: 500,
  LoopExhausted: 500,
  InvalidSetting: 500,
  MissingSetting: 500,
  InvalidWorkflow: 500,
  DuplicateName: 500,
  NoTasks: 500,
  TasksNotLoaded: 500,
  OutputTooLarge: 500,
  LeaseLost: 500,
  LeaseExpired: 500,
  Cancelled: 500,
  TimedOut: 500,
  ShuttingDown: 500,
  DeadlineNear: 500,
  DefinitionMismatch: 500,
  TaskNotFound: 500,
  TaskNotImplemented: 500,

  DamagedItem: 500,
  EmulatorMissing: 500,
  EmulatorEnded: 500,
  PortInUse: 500,
  DirectoryInUse: 500,
  ApiProblem: 500,
  PoolInUse: 500,
  InternalError: 500,
} as const satisfies Record<ErrorCode, ContentfulStatusCode>;
