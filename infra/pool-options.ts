import { Duration } from 'aws-cdk-lib';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import * as z from 'zod';
import type { AlarmProps, PoolProps } from './props.ts';

const seconds = z.number().positive();
const lane = z.strictObject({ maxConcurrency: z.number().optional() });
const lanes = z.union([
  z.array(z.string()).transform((names) => Object.fromEntries(names.map((name) => [name, {}]))),
  z.record(z.string(), lane),
]);

/** One pool as cdk.json has it: times in seconds. Networks need the construct. */
const poolSchema = z.strictObject({
  tags: z.array(z.string()).optional(),
  memorySize: z.number().optional(),
  timeout: seconds.optional(),
  architecture: z.enum(['arm64', 'x86_64']).optional(),
  maxConcurrency: z.number().optional(),
  reservedConcurrency: z.number().optional(),
  batchSize: z.number().optional(),
  batchWindow: seconds.optional(),
  visibilityTimeout: seconds.optional(),
  lanes: lanes.optional(),
  environment: z.record(z.string(), z.string()).optional(),
});

const alarmsSchema = z.strictObject({
  deadLetters: z.boolean().optional(),
  discoveryFails: z.boolean().optional(),
  queueFallsBehind: z.boolean().optional(),
  discoveryLate: z.boolean().optional(),
  oldestRun: seconds.optional(),
  deadLetterDepth: z.number().optional(),
  leasesLost: z.number().optional(),
  throttles: z.number().optional(),
  claimsPerTask: z.number().optional(),
  costPerDay: z.number().optional(),
});

/** From `-c pools='{"gpu":{"tags":["gpu"],"timeout":300}}'`, or an object in cdk.json. */
export function poolsFromContext(value: unknown): Readonly<Record<string, PoolProps>> | undefined {
  const pools = readContext('pools', z.record(z.string(), poolSchema), value);
  if (!pools) return undefined;
  return Object.fromEntries(Object.entries(pools).map(([name, pool]) => [name, poolOf(pool)]));
}

function poolOf(pool: z.infer<typeof poolSchema>): PoolProps {
  const { architecture, batchWindow, timeout, visibilityTimeout, ...rest } = pool;
  return {
    ...rest,
    ...(architecture && {
      architecture: architecture === 'arm64' ? Architecture.ARM_64 : Architecture.X86_64,
    }),
    ...(batchWindow !== undefined && { batchWindow: Duration.seconds(batchWindow) }),
    ...(timeout !== undefined && { timeout: Duration.seconds(timeout) }),
    ...(visibilityTimeout !== undefined && { visibilityTimeout: Duration.seconds(visibilityTimeout) }),
  };
}

/** From `-c alarms='{"oldestRun":900,"costPerDay":5}'`, or an object in cdk.json. */
export function alarmsFromContext(value: unknown): AlarmProps | undefined {
  const alarms = readContext('alarms', alarmsSchema, value);
  if (!alarms) return undefined;
  const { oldestRun, ...rest } = alarms;
  return { ...rest, ...(oldestRun !== undefined && { oldestRun: Duration.seconds(oldestRun) }) };
}

function readContext<T>(name: string, schema: z.ZodType<T>, value: unknown): T | undefined {
  if (value === undefined || value === '') return undefined;
  const parsed = schema.safeParse(typeof value === 'string' ? jsonOf(name, value) : value);
  if (parsed.success) return parsed.data;
  throw new Error(`The context value ${name} is not as it should be: ${z.prettifyError(parsed.error)}`);
}

function jsonOf(name: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`The context value ${name} must be JSON, not ${JSON.stringify(text)}`);
  }
}
