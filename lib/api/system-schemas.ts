import * as z from 'zod';
import { shapeSchema } from './shape-schemas.ts';

/** What there is besides runs, for the OpenAPI document. */

const time = z.iso.datetime();

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
          description:
            'Roughly how many messages a worker that asks would get, in all of them. Absent where they gave no answer.',
        }),
        inFlight: z.int().exactOptional().meta({ description: 'Roughly how many are received and hidden.' }),
        delayed: z
          .int()
          .exactOptional()
          .meta({ description: 'Roughly how many were sent with a delay that is not over.' }),
        deadLetters: z.int().exactOptional().meta({
          description:
            'Roughly how many nobody could handle. Absent too where there is no dead-letter queue.',
        }),
        error: z.object({ code: z.string(), message: z.string() }).readonly().exactOptional(),
      }),
    )
    .readonly(),
});

export const redriveSchema = z.object({
  pool: z.string(),
  messages: z.int().meta({ description: 'Roughly how many dead letters are on their way back.' }),
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
