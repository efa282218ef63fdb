import * as z from 'zod';
import type { Context } from '../define/context.ts';
import { HoldfastError } from '../model/errors.ts';
import { serialize } from '../model/serialize.ts';

/*
 * What a worker and an executor in another language say to each other, one JSON object a line:
 * docs/external-executor.md.
 */

export const protocolVersion = 1;
/** Of what an executor writes: the largest result, also with all but ASCII escaped, and room for the rest. */
export const lineBytesMax = 32 * 1_024 * 1_024;

const id = z.string();
/** Left out, it is undefined. */
const anything = z.unknown().optional();

const hello = z.object({
  type: z.literal('hello'),
  protocol: z.int(),
  tasks: z.array(
    z.object({
      name: z.string().min(1),
      // JSON Schemas, for people and tools.
      input: z.record(z.string(), z.unknown()).optional(),
      output: z.record(z.string(), z.unknown()).optional(),
    }),
  ),
});

const failure = z.object({ type: z.string(), message: z.string(), code: z.string().optional() });

/** What an executor writes. */
export const fromExecutor = z.discriminatedUnion('type', [
  hello,
  z.object({ type: z.literal('progress'), id, value: anything }),
  z.object({ type: z.literal('checkpoint'), id, state: anything }),
  z.object({ type: z.literal('variable'), id, name: z.string(), value: anything }),
  z.object({
    type: z.literal('log'),
    id,
    level: z.enum(['debug', 'info', 'warn', 'error']),
    message: z.string(),
    fields: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({ type: z.literal('result'), id, output: anything }),
  z.object({ type: z.literal('error'), id, error: failure, retryable: z.boolean().default(true) }),
  z.object({ type: z.literal('pong'), id }),
]);

export type FromExecutor = z.output<typeof fromExecutor>;
export type Hello = z.output<typeof hello>;
export type TaskFailure = z.output<typeof failure>;
/** What concerns one execution. */
export type OfExecution = Exclude<FromExecutor, Hello | { type: 'pong' }>;

export type ToExecutor =
  | ({ readonly type: 'execute'; readonly id: string } & ExecuteFields)
  | { readonly type: 'cancel'; readonly id: string; readonly reason: { code: string; message: string } }
  | { readonly type: 'ping'; readonly id: string };

export const contextFields = [
  'runId',
  'taskId',
  'workflow',
  'metadata',
  'iteration',
  'attempt',
  'fencingToken',
  'idempotencyKey',
  'tenant',
  'workerId',
  'traceparent',
  'dependencies',
  'submittedAt',
  'checkpointed',
] as const satisfies readonly (keyof Context)[];

type ExecuteFields = Pick<Context, (typeof contextFields)[number]> & {
  readonly task: string;
  readonly input: unknown;
  readonly remainingMs: number;
};

/** @throws HoldfastError `NotSerializable` for an input that its schema made into something JSON cannot carry */
export function executeFields(task: string, input: unknown, ctx: Context): ExecuteFields {
  serialize(input, 'input');
  const context = Object.fromEntries(contextFields.map((name) => [name, ctx[name]]));
  return {
    task,
    input,
    ...(context as Pick<Context, (typeof contextFields)[number]>),
    remainingMs: ctx.remainingMs(),
  };
}

export function encode(message: ToExecutor): string {
  return `${JSON.stringify(message)}\n`;
}

const shownCharsMax = 120;

/** @throws HoldfastError `ExternalProtocol`, showing how the line begins */
export function decode(line: string): FromExecutor {
  const parsed = fromExecutor.safeParse(parseJson(line));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.length ? `${issue.path.join('.')}: ` : '';
  throw new HoldfastError(
    'ExternalProtocol',
    `a line is no message (${where}${issue?.message ?? 'unknown'}): ${shown(line)}`,
  );
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new HoldfastError('ExternalProtocol', `a line is not JSON: ${shown(line)}`, { cause });
  }
}

function shown(line: string): string {
  return JSON.stringify(line.length > shownCharsMax ? `${line.slice(0, shownCharsMax)}…` : line);
}
