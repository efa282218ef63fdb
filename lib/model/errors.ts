/**
 * Every code an error of Holdfast can carry, with what to do about it. Codes are stable: programs may match on them.
 */
export const errorHints = {
  // Bad input: the caller can mend it.
  InvalidArgument: 'Correct the named field and send it again.',
  InvalidInput: 'The input does not fit the schema of the task: correct the named field.',
  InvalidOutput: 'Return what the output schema of the task asks for.',
  InvalidName: 'Use 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter.',
  InvalidDuration: "Write a duration as a whole number and a unit: '500ms', '30s', '5m', '2h' or '1d'.",
  InvalidSetting: 'Set the named variable to a value within its range.',
  InvalidProperty: 'Correct the named property of the construct; its message says how.',
  MissingSetting:
    'Set the named environment variable; the construct and the embedded runtime do so by themselves.',
  InvalidWorkflow: 'Mend the definition at the named node.',
  DuplicateName: 'Give each exported task and workflow a name of its own.',
  NoTasks: 'Export at least one task made by defineTask, or a workflow, from the tasks module.',
  NotSerializable: 'Return plain JSON values: convert dates to strings, maps to objects, bigints to strings.',
  PayloadTooLarge: 'Store the value elsewhere and pass a reference to it.',
  OutputTooLarge: 'Store the result elsewhere and return a reference to it.',
  UnknownTask: 'Submit one of the registered tasks; GET /definitions and the tasks module name them.',
  UnknownRegion: 'Choose one of the regions of which list prices are known.',
  UnknownTag: 'Use tags that one of the configured pools carries.',
  UnknownSignal: 'Send one of the signals that the workflow waits for; `holdfast graph` names them.',
  InvalidSignal: 'The payload does not fit the schema of the signal: correct the named field.',
  DependencyMissing:
    'Depend on runs of the same tenant that are still there; finished ones are deleted after the retention period.',
  DependencyCycle: 'Leave out one of the named dependencies.',
  IdempotencyConflict: 'Use a new idempotency key for a different request.',
  UnknownQueue: 'Deliver to one of the queues that HOLDFAST_DELIVERY_QUEUES names.',
  WebhooksOff: 'Set HOLDFAST_WEBHOOKS=on, and give the executors HOLDFAST_WEBHOOK_SECRETS to sign with.',
  WebhookRefused:
    'Use an https URL that leads to public addresses, or allow its range by HOLDFAST_WEBHOOK_ALLOW.',
  WebhookFailed: 'Mend the endpoint and retry the delivery: anything but a 2xx answer counts as a failure.',
  // What was asked for is not there, or not in a state that allows it.
  NotFound: 'Check the id and the tenant; finished runs are deleted after the retention period.',
  AlreadyCancelled: 'The run is being cancelled already: nothing is left to do.',
  AlreadyPaused: 'The run is paused already: resume it to let it go on.',
  NotPaused: 'Only a run that is paused can be resumed.',
  NotFailed: 'Only a run that has failed can go on from where it failed; submit others again.',
  AlreadyRetried: 'The run was tried again with another input: look at that run, or retry it.',
  SignalsFull: 'The run keeps at most 64 signals that it has not waited for yet: send fewer, or later.',
  AlreadyFinished: 'The run has ended; its result is final. Submit it again under a new idempotency key.',
  WaitTimedOut: 'The run goes on: wait again, or look at it later.',
  RunFailed: 'Read error.cause for what the task threw; submit again when it is mended.',
  RunCancelled: 'Submit the run again if it is still wanted.',
  // What ends an attempt. These are also the reasons of a handler's abort signal.
  LeaseLost: 'Stop working: another worker may own the task now, and this result would be refused.',
  WorkerLost:
    'The worker stopped renewing: it crashed, froze or could not reach the table. It is taken over.',
  Cancelled: 'Stop working: the run was cancelled in abort mode.',
  TimedOut: 'Raise the timeout of the task, or make it faster.',
  ShuttingDown: 'Stop working: the worker is ending; the task is handed back.',
  DeadlineNear: 'Call ctx.checkpoint() regularly, so that the task can go on in the next invocation.',
  // What a workflow's own functions decide.
  NoRoute: 'Give the branch a route for the key, or an otherwise.',
  NoDecision: 'End each path of the body with again(value) or done(value).',
  LoopExhausted: "Raise maxIterations, or go on with the last value by onMax: 'exitWithLast'.",
  SignalTimeout: 'Send the signal in time, raise its timeout, or give the wait an onTimeout.',
  ChildFailed: 'Look at the child run; when it is mended, retry the parent.',
  ChildMissing: 'The child run was deleted from the table: retry the parent.',
  DependencyFailed:
    'Retry or submit the run it depends on, then submit this one again under a new idempotency key.',
  // Definitions and versions.
  DefinitionMismatch: 'Deploy the version of the task that the run was submitted with, or submit it again.',
  TaskNotFound: 'Deploy the task, or register it with the worker that serves this pool.',
  TaskNotImplemented: 'Give the task a `run`, or leave it to the worker that has its handler.',
  DamagedItem: 'The item was changed by something else than Holdfast: mend or delete it in the table.',
  PayloadMissing:
    'The value lay apart from its run and is gone: restore the object in the bucket, retry with another input, or submit the run again.',
  PayloadDamaged:
    'The object in the bucket was changed by something else than Holdfast: restore its earlier version, or submit the run again.',
  NewerSchema: 'Update this worker: the item was written by a newer version of Holdfast.',
  NodeTooOld: 'Install Node 24 or newer, or put it first on the PATH.',
  // Threads.
  IsolationUnavailable: 'Give the tasks as a file, or give the executor an entry for its threads.',
  PoolInUse: 'Call configurePool before the first spawn.',
  // Code that came with a request.
  StoredCodeDisabled:
    'Name a registered task instead, or set HOLDFAST_STORED_CODE=on for the API and the executors.',
  ImportNotAllowed:
    'Import modules of the same execution by their relative paths, or what HOLDFAST_STORED_CODE_IMPORTS names.',
  FunctionNotFound: 'Export the function under this name from the module that filePath names.',
  // Programs that tasks run.
  CommandNotAllowed:
    'Ask for a program, directory and variables that the task allows, or allow them in its definition.',
  CommandNotFound: "Install the program where the worker runs, or put its directory into the worker's PATH.",
  CommandFailed: 'Read what the program wrote; exit codes that are no failure belong into `success`.',
  ExternalNotStarted:
    'Run `npx holdfast conformance -- COMMAND`: it shows what the executor does and should do.',
  ExternalEnded: 'Read what the executor wrote to standard error; it is started again with the next task.',
  ExternalSilent:
    'Let the executor read its input while tasks run, and answer each ping; it is started again.',
  ExternalProtocol: 'Let the executor write messages only to standard output, and print to standard error.',
  // Surroundings.
  ClockOff:
    "Set this machine's clock, by NTP say; or raise HOLDFAST_CLOCK_TOLERANCE where it is the endpoint that is wrong.",
  StoreUnreachable: 'Check AWS_ENDPOINT_URL, the network and the credentials.',
  QueueUnreachable: 'Check AWS_ENDPOINT_URL, HOLDFAST_POOLS, the network and the credentials.',
  BucketNotFound: 'Deploy the stack first, or check HOLDFAST_PAYLOAD_BUCKET and AWS_REGION.',
  TableNotFound: 'Deploy the stack first, or check HOLDFAST_TABLE and AWS_REGION.',
  EmulatorMissing: 'Run `npm ci` again without --omit=optional and with install scripts allowed.',
  EmulatorEnded: 'Start the runtime again; what --persist keeps is still there.',
  TasksNotLoaded: 'Check the path of the tasks module, and that it can be imported by itself: `node FILE`.',
  EsbuildMissing: 'Run `npm install --save-dev esbuild` where the CDK app is.',
  PortInUse: 'Choose another port with --port, or end the program that holds it.',
  DirectoryInUse: 'Choose another directory with --persist, or end the runtime that holds it.',
  ApiUnreachable: 'Start the embedded runtime with `npm start`, or set HOLDFAST_URL.',
  ApiProblem: 'See the detail of the problem.',
  // HTTP.
  MalformedJson: 'Send one JSON document in UTF-8.',
  UnsupportedMediaType: 'Send the header content-type: application/json.',
  ForeignRequest: 'Call it from a program of this machine, as http://127.0.0.1; no web page may.',
  TenantMissing: 'Use a token that names a tenant in the claim that the API was deployed with.',
  TenantNotAllowed: 'Leave the tenant out: it is what the token says.',
  TooManyRuns:
    'Wait for runs of the tenant to end, or cancel some; HOLDFAST_OPEN_RUNS says how many may be open.',
  TooManyRequests:
    'Send it again when the header Retry-After says; spread requests out, or watch instead of asking.',
  UnknownRoute: 'GET /openapi.json lists what there is.',
  MethodNotAllowed: 'Use one of the methods that the Allow header names.',
  InternalError: 'This is a defect of the server, whose log tells more; the same request may work later.',
} as const satisfies Record<string, string>;

export type ErrorCode = keyof typeof errorHints;

export interface ErrorDetails {
  /** The input field, setting or item path the error is about. */
  readonly field?: string | undefined;
  readonly cause?: unknown;
  readonly hint?: string | undefined;
}

/** The one error class of Holdfast: a stable code, what happened, what to do. */
export class HoldfastError extends Error {
  override readonly name = 'HoldfastError';
  readonly code: ErrorCode;
  readonly field: string | undefined;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.field = details.field;
    this.hint = details.hint ?? errorHints[code];
  }
}

/** Whether the store gave no answer: what was asked of it may have been done all the same. */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof HoldfastError && error.code === 'StoreUnreachable';

/** Thrown by a handler to fail at once: no attempt is made again, whatever the retry policy says. */
export class NonRetryableError extends Error {
  override readonly name: string = 'NonRetryableError';
}
