import * as z from 'zod';
import type { AttemptsPage } from '../client/attempt-view.ts';
import type { RetriedRun, SteeredRun } from '../client/client.ts';
import type { ExecutionResult } from '../client/execution-view.ts';
import type {
  DefinitionView,
  ListedDefinition,
  NodeView,
  QueueView,
  Run,
  RunPage,
  WorkerView,
} from '../client/run-view.ts';
import type { Why } from '../client/why-view.ts';
import { prioritySchema, statusSchema } from './schemas.ts';
import { shapeSchema } from './shape-schemas.ts';

/** What answers look like, for the OpenAPI document. */

const time = z.iso.datetime();
const any = (description: string) => z.unknown().meta({ description });

export const errorSchema = z
  .object({
    type: z.string(),
    message: z.string(),
    code: z.string().exactOptional(),
    attempt: z.int().meta({ description: 'The attempt that failed, counted from 1.' }),
    workerId: z.string().exactOptional(),
  })
  .readonly();

const whoAndWhy = { reason: z.string().exactOptional(), by: z.string().exactOptional() };
const cancelSchema = z.object({ mode: z.enum(['graceful', 'abort']), ...whoAndWhy, since: time }).readonly();
const resumedSchema = z.object({ ...whoAndWhy, since: time }).readonly();

export const nodeSchema = z.object({
  id: z.string().meta({
    description: 'Its path: the ids from the top joined by `/`.',
    examples: ['confirm/payment/charge'],
  }),
  status: statusSchema,
  attempt: z.int(),
  maxAttempts: z.int(),
  workerId: z.string().exactOptional(),
  startedAt: time.exactOptional(),
  endedAt: time.exactOptional(),
  nextRetryAt: time.exactOptional(),
  output: any('Absent where it is too large to be shown beside others.').optional(),
  outputBytes: z.int().exactOptional().meta({ description: 'How large an output is that is not shown.' }),
  error: errorSchema.exactOptional(),
  progress: any('What the handler reported last.').optional(),
  cached: z.boolean().exactOptional(),
  iteration: z.int().exactOptional().meta({ description: 'How often a loop goes round, or went.' }),
  decision: z.string().exactOptional().meta({
    description:
      'The route that a branch took, how an iteration of a loop ended, or `timeout` where a signal did not come in time.',
  }),
  signal: z
    .object({ name: z.string(), until: time.exactOptional(), id: z.string().exactOptional() })
    .readonly()
    .exactOptional()
    .meta({ description: 'The signal that it waits for, or, with its id, that has come.' }),
  child: z
    .object({ id: z.string(), status: statusSchema.exactOptional() })
    .readonly()
    .exactOptional()
    .meta({ description: 'The run that it stands for; with a status once that has ended.' }),
});

const ids = (description: string) => z.array(z.string()).readonly().exactOptional().meta({ description });

const base = {
  id: z.string(),
  tenant: z.string(),
  task: z.string().meta({ description: 'The name of the task or workflow.' }),
  kind: z.enum(['task', 'workflow']),
  hash: z.string().meta({ description: 'The definition it was submitted with.' }),
  input: any('As submitted; absent if it was undefined.').optional(),
  priority: prioritySchema,
  tags: z.array(z.string()).readonly(),
  attempt: z.int().meta({ description: 'Attempts begun, those handed back not counted.' }),
  maxAttempts: z.int(),
  workerId: z.string().exactOptional(),
  progress: any('What the handler reported last.').optional(),
  idempotencyKey: z.string().exactOptional(),
  dependsOn: ids('The runs that it depends on.'),
  waitsFor: ids('Those of them that it still waits for.'),
  parent: z
    .object({ id: z.string(), node: z.string() })
    .readonly()
    .exactOptional()
    .meta({ description: 'The node of another run that this one stands for.' }),
  retryOf: z.string().exactOptional().meta({ description: 'The failed run that this one goes on from.' }),
  deliveries: z
    .array(
      z.union([
        z.object({ id: z.string(), webhook: z.string() }),
        z.object({ id: z.string(), queue: z.string() }),
      ]),
    )
    .exactOptional()
    .meta({
      description:
        'Where its result is delivered. Each delivery is a run by itself, which is there once this one has ended.',
    }),
  deliveryOf: z.string().exactOptional().meta({ description: 'The run whose result this one delivers.' }),
  execution: z
    .object({
      workflowId: z.string(),
      caller: z.string().exactOptional(),
      filePath: z.string().exactOptional(),
    })
    .readonly()
    .exactOptional()
    .meta({ description: 'What an execution by reference said of itself.' }),
  resumed: resumedSchema.exactOptional().meta({ description: 'Who let it go on after a pause.' }),
  createdAt: time,
  startedAt: time.exactOptional().meta({
    description: "Of a task's last attempt; of a workflow, where one run is asked for, of its first node.",
  }),
  nodes: z.array(nodeSchema).readonly().exactOptional().meta({
    description: 'Of a workflow, where one run is asked for: its nodes, the earliest first.',
  }),
};
const ended = {
  ...base,
  endedAt: time,
  durationMs: z.number().meta({
    description: "From the start of a task's last attempt to the end; of a workflow from its creation.",
  }),
};

export const runSchema = z.discriminatedUnion('status', [
  z.object({
    ...base,
    status: statusSchema.extract(['ready', 'waiting', 'running', 'paused']),
    error: errorSchema.exactOptional(),
    nextRetryAt: time.exactOptional(),
    cancel: cancelSchema.exactOptional(),
    pause: cancelSchema.exactOptional(),
  }),
  z.object({
    ...ended,
    status: z.literal('succeeded'),
    output: any('What the task returned; absent if it returned nothing.').optional(),
    cached: z.boolean().exactOptional(),
  }),
  z.object({ ...ended, status: z.literal('failed'), error: errorSchema }),
  z.object({
    ...ended,
    status: statusSchema.extract(['cancelled', 'skipped']),
    cancel: cancelSchema.exactOptional(),
    error: errorSchema.exactOptional(),
  }),
]);

export const runPageSchema = z.object({
  runs: z.array(runSchema).readonly(),
  cursor: z
    .string()
    .exactOptional()
    .meta({ description: 'Give it back to read on; absent on the last page.' }),
});

export const batchRunsSchema = z.object({
  runs: z.array(runSchema).readonly().meta({ description: 'In the order of the entries.' }),
});

export const retriedSchema = z.object({
  runs: z
    .array(
      z.object({
        id: z.string().meta({ description: 'The run that failed.' }),
        task: z.string(),
        retry: z.string().exactOptional().meta({
          description: 'The run that goes on from it; absent in a dry run, or where it could not be.',
        }),
        error: z
          .object({ code: z.string(), message: z.string() })
          .readonly()
          .exactOptional()
          .meta({ description: 'Why it could not be tried again.' }),
      }),
    )
    .readonly(),
});

export const steeredSchema = z.object({
  runs: z
    .array(
      z.object({
        id: z.string(),
        task: z.string(),
        status: statusSchema.meta({ description: 'As it stands now.' }),
        error: z
          .object({ code: z.string(), message: z.string() })
          .readonly()
          .exactOptional()
          .meta({ description: 'Why it was refused.' }),
      }),
    )
    .readonly(),
});

export const whySchema = z.object({
  id: z.string(),
  status: statusSchema,
  cause: z.enum([
    'ended',
    'lease',
    'queue',
    'timer',
    'retry',
    'signal',
    'dependency',
    'child',
    'paused',
    'cancelling',
    'pool',
    'definition',
  ]),
  message: z.string().meta({ description: 'The same as a sentence.' }),
  node: z.string().exactOptional().meta({ description: 'The path of the node that waits.' }),
  until: time.exactOptional().meta({ description: 'When it is over at the latest.' }),
  workerId: z.string().exactOptional(),
  signal: z.string().exactOptional().meta({ description: 'The name of the signal.' }),
  runs: ids('The runs that it waits for.'),
  pool: z.string().exactOptional(),
  ...whoAndWhy,
  error: errorSchema.exactOptional(),
});

const logSchema = z.object({
  at: time,
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()).readonly().exactOptional(),
  console: z
    .literal(true)
    .exactOptional()
    .meta({ description: 'Written by `console`, not by `ctx.logger`.' }),
  leftOut: z.int().exactOptional().meta({
    description: 'Of the mark that stands where lines were left out: how many.',
  }),
});

const resourcesSchema = z.object({
  peakMemoryMb: z.number(),
  userCpuSeconds: z.number(),
  systemCpuSeconds: z.number(),
  shared: z.literal(true).exactOptional().meta({
    description: 'Measured on the whole process: other attempts may be in it.',
  }),
});

export const attemptSchema = z.object({
  node: z.string().meta({ description: 'The path of the node; of a single task `task`.' }),
  attempt: z.int(),
  iteration: z.int().exactOptional(),
  outcome: z.enum(['succeeded', 'failed', 'retrying', 'yielded', 'waiting', 'cancelled', 'lost']).meta({
    description:
      'What its worker wrote at its end, or was about to: `retrying` failed and is made again, `yielded` was handed back, `waiting` waits for a child run, `lost` has another owner.',
  }),
  workerId: z.string(),
  startedAt: time,
  endedAt: time,
  durationMs: z.number(),
  error: errorSchema.exactOptional(),
  logs: z.array(logSchema).readonly().meta({ description: 'The oldest first; at most 64 KB.' }),
  variables: z
    .record(z.string(), z.unknown())
    .readonly()
    .meta({ description: 'What `ctx.setVariable` was given.' }),
  resources: resourcesSchema.exactOptional(),
});

export const executionRunSchema = z.intersection(
  runSchema,
  z.object({ executionId: z.string().meta({ description: 'The same as `id`.' }) }),
);

const orNull = <Schema extends z.ZodType>(schema: Schema, description: string) =>
  schema.nullable().meta({ description });

export const executionResultSchema = z.object({
  executionId: z.string(),
  success: orNull(z.boolean(), 'Null while it has not ended.'),
  status: orNull(statusSchema, 'Of the run; null where there is none.'),
  result: z.unknown().meta({ description: 'What the function returned; null where it returned nothing.' }),
  error: orNull(z.string(), 'Why it failed; while it has not ended, why its last attempt did.'),
  errorType: orNull(z.string(), 'The class or code; `ContextNotFound` where there is no such execution.'),
  durationMs: z.number().meta({ description: 'Of its last attempt; 0 before it begins.' }),
  logs: z
    .array(logSchema.omit({ console: true, leftOut: true }))
    .readonly()
    .meta({ description: 'Of its last attempt, the oldest first; empty until that has ended.' }),
  variables: z.record(z.string(), z.unknown()).readonly().meta({ description: 'What its last attempt set.' }),
  workerId: orNull(z.string(), 'Who executed it last.'),
});

export const attemptsPageSchema = z.object({
  attempts: z.array(attemptSchema).readonly().meta({
    description: 'By their nodes; those of one node in the order in which they were made.',
  }),
  cursor: runPageSchema.shape.cursor,
});

export const workerSchema = z.object({
  id: z.string(),
  pool: z.string(),
  kind: z.enum(['lambda', 'process']),
  status: z.enum(['healthy', 'lost', 'stopped']),
  running: z.int(),
  succeeded: z.int(),
  failed: z.int(),
  averageMs: z.number().meta({ description: 'Mean duration of ended attempts; 0 before the first.' }),
  startedAt: time,
  lastSeenAt: time,
});
export const workersSchema = z.object({ workers: z.array(workerSchema).readonly() });

export const queuesSchema = z.object({
  queues: z
    .array(
      z.object({
        pool: z.string(),
        tags: z.array(z.string()).readonly().meta({ description: 'That its workers carry.' }),
        lanes: z
          .array(z.string())
          .readonly()
          .meta({ description: 'By priority: `normal`, and those that have a queue of their own.' }),
        waiting: z.int().exactOptional().meta({
          description: 'Roughly how many messages wait in all of them. Absent where they gave no answer.',
        }),
        error: z.object({ code: z.string(), message: z.string() }).readonly().exactOptional(),
      }),
    )
    .readonly(),
});

const listedDefinition = {
  name: z.string(),
  kind: z.enum(['task', 'workflow']),
  hash: z.string().meta({ description: 'Of its shape: runs go on with the shape they began with.' }),
  version: z
    .int()
    .exactOptional()
    .meta({ description: 'Of a workflow, whose highest version new runs get.' }),
};
export const definitionsSchema = z.object({ definitions: z.array(z.object(listedDefinition)) });
export const definitionSchema = z.object({ ...listedDefinition, shape: shapeSchema });

export const healthSchema = z.object({ status: z.literal('ok') });

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string().meta({ description: 'Stable: programs may match on it.' }),
  detail: z.string(),
  field: z.string().exactOptional().meta({ description: 'The part of the request that is wrong.' }),
  hint: z.string().meta({ description: 'What to do about it.' }),
});

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
  Same<WorkerView, z.infer<typeof workerSchema>>,
  Same<keyof NodeView, keyof z.infer<typeof nodeSchema>>,
  Same<Pick<NodeView, 'signal' | 'child'>, Pick<z.infer<typeof nodeSchema>, 'signal' | 'child'>>,
  Same<Why, z.infer<typeof whySchema>>,
  Same<RetriedRun, z.infer<typeof retriedSchema>['runs'][number]>,
  Same<SteeredRun, z.infer<typeof steeredSchema>['runs'][number]>,
  Same<AttemptsPage, z.infer<typeof attemptsPageSchema>>,
  Same<ExecutionResult, z.infer<typeof executionResultSchema>>,
  Same<DefinitionView, z.infer<typeof definitionSchema>>,
  Same<QueueView, z.infer<typeof queuesSchema>['queues'][number]>,
  Same<ListedDefinition, z.infer<typeof definitionsSchema>['definitions'][number]>,
];
