export type { AttemptsPage, AttemptView, LogView } from './client/attempt-view.ts';
export type {
  AttemptsOptions,
  BatchEntry,
  CancelOptions,
  Client,
  CostOptions,
  EventsOptions,
  GetOptions,
  InTenant,
  ListOptions,
  ManyOptions,
  ManyRuns,
  NamedBatchEntry,
  RetriedRun,
  RetryFilter,
  // `RetryOptions` is how a task is tried again.
  RetryOptions as RetryRunOptions,
  RunEvent,
  RunFilter,
  RunRef,
  SignalOptions,
  SteeredRun,
  SubmitOptions,
  Submitted,
  WaitOptions,
  WatchOptions,
  WhoAndWhy,
} from './client/client.ts';
export type { CostPart, RunCost } from './client/cost-view.ts';
export { type ClientOptions, createClient } from './client/create-client.ts';
export type { ExecutionLog, ExecutionRequest, ExecutionResult } from './client/execution-view.ts';
export type { HttpClient } from './client/http-client.ts';
export { createHttpClient, type HttpClientOptions } from './client/node-http-client.ts';
export type {
  ActiveRun,
  CancelledRun,
  CancelRequest,
  DefinitionView,
  FailedRun,
  FinishedRun,
  ListedDefinition,
  NodeView,
  QueueView,
  Redrive,
  ResumeRequest,
  Run,
  RunError,
  RunPage,
  SucceededRun,
  WorkerView,
} from './client/run-view.ts';
export type { Cause, Why } from './client/why-view.ts';
export { type Context, currentContext } from './define/context.ts';
export type { LimitOptions } from './define/limit.ts';
export { type CacheOptions, defineTask, type RetryOptions, type Task } from './define/task.ts';
export type { TaskExecutor } from './define/task-executor.ts';
export type { Body, Chain } from './define/workflow/chain.ts';
export { again, type Decision, decision, done } from './define/workflow/decision.ts';
export { defineWorkflow } from './define/workflow/define-workflow.ts';
export type { StepOptions } from './define/workflow/options.ts';
export type { Workflow } from './define/workflow/workflow.ts';
export type { AttemptOutcome, LogLevel, Resources } from './model/attempt.ts';
export type { Duration } from './model/duration.ts';
export { type ErrorCode, HoldfastError, NonRetryableError } from './model/errors.ts';
export type { Priority, RunStatus } from './model/run.ts';
