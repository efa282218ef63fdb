import * as z from 'zod';
import { errorSchema, runPageSchema, runSchema } from './run-schemas.ts';
import { statusSchema } from './schemas.ts';

/** What answers about attempts and executions look like, for the OpenAPI document. */

const time = z.iso.datetime();

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
