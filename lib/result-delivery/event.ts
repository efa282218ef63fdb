import { noTenant } from '../model/ids.ts';
import { type Run, resultNodeOf, statusOf, type TerminalStatus } from '../model/run.ts';
import { deserialize } from '../model/serialize.ts';
import { toIso } from '../model/time.ts';

/** Outputs of more bytes are left out: SQS takes messages of 1 MiB, webhooks are best kept small. */
export const eventOutputBytesMax = 200_000;

/** What is told of a run that has ended. */
export interface ResultEvent {
  readonly type: `run.${TerminalStatus}`;
  /** ISO 8601: when it ended. */
  readonly timestamp: string;
  readonly data: {
    readonly id: string;
    readonly tenant?: string;
    /** The name of the task or workflow. */
    readonly name: string;
    readonly status: TerminalStatus;
    readonly createdAt: string;
    readonly idempotencyKey?: string;
    /** Of one that succeeded, unless it is `undefined` or too long. */
    readonly output?: unknown;
    /** How long an output is that was left out, in bytes of JSON: ask for the run to read it. */
    readonly outputBytes?: number;
    /** Of one that did not succeed. */
    readonly error?: { readonly type: string; readonly message: string; readonly code?: string };
  };
}

/** @param output its text as it is stored, or its length where that is too long */
export function resultEvent(
  run: Run,
  output: { readonly text: string } | { readonly bytes: number } | undefined,
): ResultEvent {
  const status = statusOf(run) as TerminalStatus;
  const failure = run.failure ?? resultNodeOf(run)?.failure;
  const { createdAt, endedAt = run.at, idempotencyKey, name, tenant } = run;
  return {
    type: `run.${status}`,
    timestamp: toIso(endedAt),
    data: {
      id: run.run,
      ...(tenant !== noTenant && { tenant }),
      name,
      status,
      createdAt: toIso(createdAt),
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(output && 'text' in output && { output: deserialize(output.text) }),
      ...(output && 'bytes' in output && { outputBytes: output.bytes }),
      ...(status !== 'succeeded' && failure && { error: errorOf(failure) }),
    },
  };
}

const errorOf = ({ code, message, type }: NonNullable<Run['failure']>) => ({
  type,
  message,
  ...(code !== undefined && { code }),
});
