/** The client over HTTP, and nothing that a browser has not: `holdfast/client`. */

export { type ErrorCode, HoldfastError } from '../model/errors.ts';
export type { AttemptsPage, AttemptView, LogView } from './attempt-view.ts';
export type {
  AttemptsOptions,
  CancelOptions,
  Client,
  CostOptions,
  CountsOptions,
  EventsOptions,
  GetOptions,
  InTenant,
  ListOptions,
  ManyOptions,
  ManyRuns,
  NamedBatchEntry,
  RetriedRun,
  RetryFilter,
  RetryOptions,
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
} from './client.ts';
export type { CostPart, RunCost } from './cost-view.ts';
export type { ExecutionRequest, ExecutionResult } from './execution-view.ts';
export { createHttpClient, type HttpClient, type HttpClientOptions } from './http-client.ts';
export type {
  DefinitionView,
  FinishedRun,
  ListedDefinition,
  NodeView,
  QueueView,
  Redrive,
  Run,
  RunCounts,
  RunError,
  RunPage,
  WorkerView,
} from './run-view.ts';
export type { Cause, Why } from './why-view.ts';
