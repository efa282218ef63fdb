import * as z from 'zod';

/** What requests look like. The OpenAPI document is made from these same schemas. */

// A lone half of a surrogate pair cannot be stored as UTF-8: it would come back as another character.
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed(), { error: 'contains half of a surrogate pair' });

export const statusSchema = z.enum([
  'ready',
  'waiting',
  'running',
  'paused',
  'succeeded',
  'failed',
  'cancelled',
  'skipped',
]);
export const prioritySchema = z.enum(['high', 'normal', 'low']);

const lengthOfTime = (what: string) =>
  z
    .union([z.number(), z.string().max(20)], {
      error: "must be a number of seconds or a duration such as '500ms', '30s', '5m', '2h' or '1d'",
    })
    .meta({ description: `${what} A number of seconds, or a whole number and a unit: ms, s, m, h, d.` });

export const submissionSchema = z
  .strictObject({
    task: text(64)
      .exactOptional()
      .meta({
        description:
          'The name of a registered task or workflow. Without it the default task is meant, if there is one; then, where `input` is missing too, the fields not named here are its input.',
        examples: ['echo'],
      }),
    input: z.unknown().exactOptional().meta({ description: 'Any JSON that fits the schema of the task.' }),
    idempotencyKey: text(256).exactOptional().meta({
      description:
        'The same key and request again give the same task; the header Idempotency-Key does the same.',
    }),
    timeout: lengthOfTime('How long one attempt may run.').exactOptional(),
    maxAttempts: z.int().min(1).max(100).exactOptional(),
    priority: prioritySchema.exactOptional(),
    tags: z.array(text(64)).max(16).exactOptional(),
    delay: lengthOfTime('Not before this long from now; at most 366 days.').exactOptional(),
  })
  .meta({ title: 'What to run, and how' });

/** Of a workflow: timeouts and attempts belong to its steps. */
export const runSubmissionSchema = submissionSchema
  .omit({ task: true, timeout: true, maxAttempts: true })
  .extend({
    workflow: text(64).meta({
      description: 'The name of a registered workflow, of which the highest version is meant, or of a task.',
      examples: ['order'],
    }),
  })
  .meta({ title: 'Which workflow to run, and how' });

export const cancellationSchema = z.strictObject({
  reason: text(256).exactOptional(),
  by: text(128).exactOptional().meta({ description: 'Who asked for it.' }),
  mode: z.enum(['graceful', 'abort']).exactOptional().meta({
    description: '`graceful` (default) lets a running attempt finish; `abort` fires its abort signal.',
  }),
});

export const listingSchema = z.strictObject({
  status: statusSchema.exactOptional(),
  name: text(64).exactOptional().meta({ description: 'Only runs of this task or workflow.' }),
  limit: z.coerce
    .number<string>()
    .int()
    .min(1)
    .max(100)
    .exactOptional()
    .meta({ description: '1 to 100, default 20.' }),
  cursor: text(2_048).exactOptional().meta({ description: 'From the page before.' }),
});

export const lookSchema = z.strictObject({
  nodes: z
    .enum(['true', 'false'])
    .exactOptional()
    .meta({ description: '`false` leaves the nodes of a workflow out, and what it takes to read them.' }),
});

export type SubmissionBody = z.infer<typeof submissionSchema>;
