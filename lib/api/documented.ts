import type * as z from 'zod';
import type { AttemptsPage } from '../client/attempt-view.ts';
import type { RetriedRun, SteeredRun } from '../client/client.ts';
import type { RunCost } from '../client/cost-view.ts';
import type { ExecutionResult } from '../client/execution-view.ts';
import type {
  DefinitionView,
  ListedDefinition,
  NodeView,
  QueueView,
  Redrive,
  Run,
  RunCounts,
  RunPage,
  WorkerView,
} from '../client/run-view.ts';
import type { Why } from '../client/why-view.ts';
import type { attemptsPageSchema, executionResultSchema } from './attempt-schemas.ts';
import type { runCostSchema } from './cost-schemas.ts';
import type {
  countsSchema,
  nodeSchema,
  retriedSchema,
  runPageSchema,
  runSchema,
  steeredSchema,
  whySchema,
} from './run-schemas.ts';
import type {
  definitionSchema,
  definitionsSchema,
  queuesSchema,
  redriveSchema,
  workerSchema,
} from './system-schemas.ts';

/** All true when the document has the fields of the client's types; a test holds it to that, at compile time. */
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
export type DocumentedAsTyped = [
  Same<
    keyof Extract<Run, { status: 'ready' | 'waiting' | 'running' | 'paused' }>,
    keyof Extract<z.infer<typeof runSchema>, { status: 'ready' | 'waiting' | 'running' | 'paused' }>
  >,
  Same<
    keyof Extract<Run, { status: 'succeeded' }>,
    keyof Extract<z.infer<typeof runSchema>, { status: 'succeeded' }>
  >,
  Same<
    keyof Extract<Run, { status: 'failed' }>,
    keyof Extract<z.infer<typeof runSchema>, { status: 'failed' }>
  >,
  Same<keyof RunPage, keyof z.infer<typeof runPageSchema>>,
  Same<RunCounts, z.infer<typeof countsSchema>>,
  Same<WorkerView, z.infer<typeof workerSchema>>,
  Same<keyof NodeView, keyof z.infer<typeof nodeSchema>>,
  Same<Pick<NodeView, 'signal' | 'child'>, Pick<z.infer<typeof nodeSchema>, 'signal' | 'child'>>,
  Same<Why, z.infer<typeof whySchema>>,
  Same<RunCost, z.infer<typeof runCostSchema>>,
  Same<RetriedRun, z.infer<typeof retriedSchema>['runs'][number]>,
  Same<SteeredRun, z.infer<typeof steeredSchema>['runs'][number]>,
  Same<AttemptsPage, z.infer<typeof attemptsPageSchema>>,
  Same<ExecutionResult, z.infer<typeof executionResultSchema>>,
  Same<DefinitionView, z.infer<typeof definitionSchema>>,
  Same<QueueView, z.infer<typeof queuesSchema>['queues'][number]>,
  Same<Redrive, z.infer<typeof redriveSchema>>,
  Same<ListedDefinition, z.infer<typeof definitionsSchema>['definitions'][number]>,
];
