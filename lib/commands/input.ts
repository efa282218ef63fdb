import * as z from 'zod';

/** Linux takes no longer argument: MAX_ARG_STRLEN, 32 pages, with the byte that ends it. */
const argumentBytesMax = 131_071;

// What a program cannot be given as it stands: the system ends arguments at a NUL, and UTF-8 has no halves of pairs.
const text = z
  .string()
  .refine((value) => !value.includes('\0'), { error: 'contains a NUL character' })
  .refine((value) => value.isWellFormed(), { error: 'contains half of a surrogate pair' });

const argument = text.refine((value) => Buffer.byteLength(value) <= argumentBytesMax, {
  error: `must have at most ${argumentBytesMax} bytes`,
});

export const commandInput = z.strictObject({
  /** One of those that the task allows, written as it is there. */
  program: text.min(1),
  /** Passed on as they are: there is no shell. Default none. */
  args: z.array(argument).max(10_000).default([]),
  /** A directory below the task's own, `'reports/2026'`. Default: the task's own. */
  cwd: text.min(1).optional(),
  /** Variables, of those that the task lets its input set. */
  env: z.record(z.string(), argument).default({}),
  /** What the program reads from its standard input. Default: nothing. */
  stdin: z.string().default(''),
});

/** What is submitted. */
export type CommandInput = z.input<typeof commandInput>;
export type ParsedInput = z.output<typeof commandInput>;

export const commandOutput = z.object({
  /** Null where a signal ended the program. */
  exitCode: z.int().nullable(),
  /** What ended the program, such as `SIGSEGV`. */
  signal: z.string().optional(),
  stdout: z.string(),
  stderr: z.string(),
  /** The program wrote more than is kept. */
  stdoutTruncated: z.boolean(),
  stderrTruncated: z.boolean(),
  durationMs: z.number(),
});

export type CommandOutput = z.output<typeof commandOutput>;
