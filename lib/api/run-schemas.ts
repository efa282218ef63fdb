import * as z from 'zod';
import { prioritySchema, statusSchema } from './schemas.ts';

/** What answers about runs look like, for the OpenAPI document. */

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

const lost = z.literal(true).exactOptional().meta({ description: 'It lay apart, and is gone or changed.' });

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
  readyAt: time.exactOptional().meta({
    description:
      'Since when its last attempt could begin, or when the next one can; of one that waits, since when.',
  }),
  startedAt: time.exactOptional(),
  endedAt: time.exactOptional(),
  nextRetryAt: time.exactOptional(),
  leasedUntil: time.exactOptional().meta({
    description: 'Of one that is worked on: until when its lease holds, as it was renewed last.',
  }),
  input: any(
    'What goes in instead of what came before: edited by whoever had it tried again. Absent where it is too large.',
  ).optional(),
  output: any('Absent where it is too large to be shown beside others.').optional(),
  outputBytes: z.int().exactOptional().meta({ description: 'How large an output is that is not shown.' }),
  outputLost: lost,
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
  input: any('As submitted; absent if it was undefined, or too large to be shown.').optional(),
  inputBytes: z.int().exactOptional().meta({ description: 'How large an input is that is not shown.' }),
  inputLost: lost,
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
  retriedAs: z.string().exactOptional().meta({
    description: 'Of one that has failed, where one run is asked for: the run that goes on from it.',
  }),
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
  readyAt: time.exactOptional().meta({
    description: 'Of a task: since when its last attempt could begin, or when the next one can.',
  }),
  leasedUntil: time.exactOptional().meta({
    description: 'Of a task that is worked on: until when its lease holds, as it was renewed last.',
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
    output: any('What the task returned; absent if it returned nothing, or too much to be shown.').optional(),
    outputBytes: z.int().exactOptional().meta({ description: 'How large an output is that is not shown.' }),
    outputLost: lost,
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

const count = z.int().min(0);
export const countsSchema = z.object({
  active: count.meta({ description: 'Ready, waiting or running.' }),
  paused: count,
  succeeded: count,
  failed: count,
  cancelled: count,
  skipped: count,
  more: z
    .array(z.enum(['active', 'paused', 'succeeded', 'failed', 'cancelled', 'skipped']))
    .readonly()
    .exactOptional()
    .meta({ description: 'Of which there are more than were counted.' }),
});

export const batchRunsSchema = z.object({
  runs: z.array(runSchema).readonly().meta({ description: 'In the order of the entries.' }),
});

const goesOn = z.string().exactOptional().meta({
  description: 'Give it back to go on; absent once there are no more.',
});

export const retriedSchema = z.object({
  cursor: goesOn,
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
  cursor: goesOn,
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
    'limit',
  ]),
  message: z.string().meta({ description: 'The same as a sentence.' }),
  node: z.string().exactOptional().meta({ description: 'The path of the node that waits.' }),
  until: time.exactOptional().meta({ description: 'When it is over at the latest.' }),
  workerId: z.string().exactOptional(),
  signal: z.string().exactOptional().meta({ description: 'The name of the signal.' }),
  runs: ids('The runs that it waits for.'),
  pool: z.string().exactOptional(),
  limit: z
    .object({ name: z.string(), key: z.string().exactOptional() })
    .exactOptional()
    .meta({ description: 'The limit that is reached.' }),
  ...whoAndWhy,
  error: errorSchema.exactOptional(),
});
