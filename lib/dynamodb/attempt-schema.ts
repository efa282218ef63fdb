import * as z from 'zod';
import type { AttemptRecord } from '../model/attempt.ts';
import type { NodeId, Nonce } from '../model/ids.ts';
import { failureSchema } from './run-schema.ts';

const branded = <Id extends string>() => z.string() as unknown as z.ZodType<Id>;
const values = z.record(z.string(), z.unknown());

const logLine = z.object({
  at: z.number(),
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string(),
  fields: values.exactOptional(),
  console: z.literal(true).exactOptional(),
  leftOut: z.int().exactOptional(),
});

const resources = z.object({
  peakMemoryMb: z.number(),
  userCpuSeconds: z.number(),
  systemCpuSeconds: z.number(),
  shared: z.literal(true).exactOptional(),
});

/** An attempt as it is stored; what a newer version told besides is left out. */
export const attemptSchema: z.ZodType<AttemptRecord> = z.object({
  node: branded<NodeId>(),
  epoch: z.int(),
  nonce: branded<Nonce>(),
  attempt: z.int(),
  iteration: z.int().exactOptional(),
  outcome: z.enum(['succeeded', 'failed', 'retrying', 'yielded', 'waiting', 'cancelled', 'lost']),
  worker: z.string(),
  startedAt: z.number(),
  endedAt: z.number(),
  failure: failureSchema.exactOptional(),
  logs: z.array(logLine).exactOptional(),
  variables: values.exactOptional(),
  resources: resources.exactOptional(),
});
