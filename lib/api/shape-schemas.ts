import * as z from 'zod';
import type { ElementShape, Sequence, Shape } from '../model/definition.ts';
import type { DefinitionHash } from '../model/ids.ts';
import { prioritySchema } from './schemas.ts';

/** What the shape of a definition looks like, for the OpenAPI document. */

const id = z.string().meta({ description: 'Unique among its siblings; a part of the path of its node.' });
const ms = z.int().min(0);
const hash = z
  .string()
  .meta({ description: 'Of the shape of that workflow.' }) as unknown as z.ZodType<DefinitionHash>;
export const sequenceSchema: z.ZodType<Sequence> = z.lazy(() => z.array(elementSchema).readonly());

const step = z.object({
  kind: z.literal('step'),
  id,
  task: z.string(),
  decides: z.literal(true).exactOptional().meta({ description: 'It ends an iteration of a loop.' }),
  leaseMs: ms.exactOptional(),
  timeoutMs: ms.exactOptional(),
  priority: prioritySchema.exactOptional(),
  tags: z.array(z.string()).readonly().exactOptional(),
});
const map = z.object({ kind: z.literal('map'), id });
const delay = z.object({ kind: z.literal('delay'), id, delayMs: ms });
const signal = z.object({
  kind: z.literal('signal'),
  id,
  signal: z.string().meta({ description: 'The name of the signal that is waited for.' }),
  timeoutMs: ms.exactOptional(),
  onTimeout: sequenceSchema.exactOptional().meta({
    description: 'What follows when it does not come in time; without it the run fails.',
  }),
});
const child = z.object({ kind: z.literal('child'), id, workflow: z.string(), hash });
const fork = z.object({
  kind: z.literal('fork'),
  id,
  branches: z.array(z.object({ name: z.string(), body: sequenceSchema })).readonly(),
  join: z.discriminatedUnion('kind', [step, map]),
});
const branch = z.object({
  kind: z.literal('branch'),
  id,
  routes: z.array(z.object({ key: z.string(), body: sequenceSchema })).readonly(),
  otherwise: sequenceSchema.exactOptional(),
});
const loop = z.object({
  kind: z.literal('loop'),
  id,
  body: sequenceSchema,
  maxIterations: z.int().min(1),
  onMax: z.enum(['fail', 'exitWithLast']),
});

export const elementSchema: z.ZodType<ElementShape> = z.discriminatedUnion('kind', [
  step,
  map,
  delay,
  signal,
  child,
  fork,
  branch,
  loop,
]);

export const shapeSchema: z.ZodType<Shape> = z.object({
  kind: z.enum(['task', 'workflow']),
  name: z.string(),
  body: sequenceSchema,
});
