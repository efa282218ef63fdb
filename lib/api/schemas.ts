import * as z from 'zod';
import { runStatuses } from '../model/run.ts';
import { codeSchema } from '../stored-code/input.ts';

/** What requests look like. The OpenAPI document is made from these same schemas. */

// A lone half of a surrogate pair cannot be stored as UTF-8: it would come back as another character.
const text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((value) => value.isWellFormed(), { error: 'contains half of a surrogate pair' });

/** The id of a run, or what may be one: it becomes a part of keys. */
const idSchema = text(128).regex(/^[A-Za-z0-9][A-Za-z0-9_.~-]*$/, {
  error: 'must be letters, digits and the characters _ . ~ -, beginning with a letter or digit',
});

export const statusSchema = z.enum(runStatuses);
export const prioritySchema = z.enum(['high', 'normal', 'low']);

const lengthOfTime = (what: string) =>
  z
    .union([z.number(), z.string().max(20)], {
      error: "must be a number of seconds or a duration such as '500ms', '30s', '5m', '2h' or '1d'",
    })
    .meta({ description: `${what} A number of seconds, or a whole number and a unit: ms, s, m, h, d.` });

const targetSchema = z.union(
  [
    z.strictObject({
      webhook: text(2_048).meta({ description: 'An https URL; signed as Standard Webhooks says.' }),
    }),
    z.strictObject({ queue: text(32).meta({ description: 'A queue of SQS, by its name here.' }) }),
  ],
  { error: 'must be { "webhook": URL } or { "queue": name }' },
);

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
    dependsOn: z.array(idSchema).max(100).exactOptional().meta({
      description: 'Ids of runs that must succeed before it starts. It gets their outputs under these ids.',
    }),
    onDependencyFailure: z.enum(['fail', 'skip']).exactOptional().meta({
      description: 'What becomes of it when one of them does not succeed. Default `fail`.',
    }),
    deliverTo: z.array(targetSchema).max(4).exactOptional().meta({
      description:
        'Where its result is sent, however it ends: at least once, with the same id each time. Each delivery is a run by itself.',
    }),
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

export const batchEntrySchema = submissionSchema
  .extend({
    ref: text(64).meta({ description: 'How the other entries call it.', examples: ['a'] }),
    task: text(64)
      .exactOptional()
      .meta({
        description: 'The name of a registered task or workflow. Either this or `workflow`.',
        examples: ['echo'],
      }),
    workflow: text(64).exactOptional().meta({ description: 'As `task`.' }),
    dependsOn: z.array(idSchema).max(100).exactOptional().meta({
      description:
        'Refs of other entries, or ids of runs, that must succeed before it starts. It gets their outputs under these names.',
    }),
    traceparent: text(128)
      .exactOptional()
      .meta({ description: 'Of the span that submits it. Default: the header.' }),
  })
  .meta({ title: 'One of the runs that are submitted together' });

export const batchSchema = z
  .array(batchEntrySchema)
  .min(1)
  .max(100)
  .meta({ title: 'Runs that may depend on each other: all of them are submitted, or none' });

/** What could be taken for another place by whoever reads it as a path. */
const leadsElsewhere = /(?:^|[\\/])\.{1,2}(?:[\\/]|$)|^[\\/]|^[A-Za-z][A-Za-z0-9+.-]*:|[\p{Cc}\\%]/u;

export const executionSchema = z
  .strictObject({
    workflowId: text(128).meta({ description: 'What it belongs to, in the words of the caller.' }),
    functionName: text(64).meta({
      description: 'Of a registered task; with `code`, of a function that one of its modules exports.',
      examples: ['echo'],
    }),
    code: codeSchema.exactOptional().meta({
      description: 'Sources by path. Refused with 403 unless stored code is switched on.',
      examples: [{ 'main.js': 'export const main = ({ n }) => n + 1;' }],
    }),
    filePath: text(512)
      .refine((path) => !leadsElsewhere.test(path), { error: 'must be a relative path such as lib/sum.js' })
      .exactOptional()
      .meta({
        description:
          'The module of `code` that exports the function; default its only one, or `index`. Without `code` it is only kept.',
      }),
    caller: text(128).exactOptional().meta({ description: 'Who asks for it.' }),
    organization: idSchema.exactOptional().meta({ description: 'The tenant.' }),
    parameters: z.unknown().meta({ description: 'The input of the task, or what the function gets.' }),
    timeoutSeconds: z.number().min(0.001).max(604_800).exactOptional().meta({
      description: 'How long one attempt may take. Default 300.',
    }),
    idempotencyKey: text(256).exactOptional().meta({
      description: 'The same key and request again give the same execution.',
    }),
  })
  .refine((body) => 'parameters' in body, { path: ['parameters'], error: 'is missing' })
  .meta({ title: 'What to execute' });

export const executionLookSchema = z.strictObject({
  organization: idSchema.exactOptional().meta({ description: 'The tenant.' }),
});

const whoAndWhy = {
  reason: text(256).exactOptional(),
  by: text(128).exactOptional().meta({ description: 'Who asked for it.' }),
};
const modeSchema = z.enum(['graceful', 'abort']).exactOptional();

export const cancellationSchema = z.strictObject({
  ...whoAndWhy,
  mode: modeSchema.meta({
    description:
      '`graceful` (default) lets a running attempt finish; `abort` fires its abort signal. A graceful cancel can be raised to `abort`.',
  }),
});

export const pauseSchema = z.strictObject({
  ...whoAndWhy,
  mode: modeSchema.meta({
    description:
      '`graceful` (default) lets a running attempt finish; `abort` fires its abort signal and gives the attempt back.',
  }),
});

export const resumptionSchema = z.strictObject(whoAndWhy);

export const signalSchema = z.strictObject({
  id: idSchema.exactOptional().meta({ description: 'A signal of the same id counts once.' }),
  payload: z.unknown().exactOptional().meta({ description: 'Any JSON that fits the schema of the signal.' }),
});

export const retrySchema = z.strictObject({
  input: z.unknown().exactOptional().meta({
    description: 'Instead of what went into the step that failed; of a task, instead of its input.',
  }),
});

const timeOf = (what: string) =>
  z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], {
      error: 'must be a time such as 2030-01-31T12:00:00Z, or a day such as 2030-01-31',
    })
    .meta({ description: what });

const manySchema = z.strictObject({
  name: text(64).exactOptional().meta({ description: 'Only runs of this task or workflow.' }),
  since: timeOf(
    'Only those that ended, or of active ones are looked at next, then or later.',
  ).exactOptional(),
  until: timeOf(
    'Only those that ended, or of active ones are looked at next, then or earlier.',
  ).exactOptional(),
  limit: z.int().min(1).max(1_000).exactOptional().meta({
    description: 'At most so many, the latest first. Default 100.',
  }),
  cursor: text(2_048).exactOptional().meta({
    description: 'From the answer before, to go on with the same filter.',
  }),
  dryRun: z.boolean().exactOptional().meta({ description: 'Only says which runs it would be.' }),
});

export const retriesSchema = manySchema;

const onlyStatus = (...statuses: readonly z.infer<typeof statusSchema>[]) =>
  statusSchema.extract(statuses).exactOptional().meta({ description: 'Only runs in this state.' });

export const cancellationsSchema = manySchema.extend({
  ...cancellationSchema.shape,
  status: onlyStatus('ready', 'waiting', 'running', 'paused'),
});

export const pausesSchema = manySchema.extend({
  ...pauseSchema.shape,
  status: onlyStatus('ready', 'waiting', 'running'),
});

export const resumptionsSchema = manySchema.extend({
  ...resumptionSchema.shape,
  status: onlyStatus('paused'),
});

export const listingSchema = z.strictObject({
  status: statusSchema.exactOptional(),
  name: text(64).exactOptional().meta({ description: 'Only runs of this task or workflow.' }),
  since: timeOf(
    'Only those that ended, or of active ones are looked at next, then or later.',
  ).exactOptional(),
  until: timeOf(
    'Only those that ended, or of active ones are looked at next, then or earlier.',
  ).exactOptional(),
  sort: z.enum(['latest', 'earliest']).exactOptional().meta({
    description: 'By the same times. Default `latest` first.',
  }),
  limit: z
    .string()
    .regex(/^\d{1,9}$/, { error: 'must be a whole number' })
    .transform(Number)
    .pipe(z.int().min(1).max(100))
    .exactOptional()
    .meta({ description: '1 to 100, default 20.' }),
  cursor: text(2_048).exactOptional().meta({ description: 'From the page before.' }),
});

export const countsQuerySchema = z.strictObject({
  since: timeOf('Of those that have ended, only those that did then or later.').exactOptional(),
});

export const eventsSchema = z.strictObject({
  status: statusSchema.exactOptional().meta({ description: 'Only runs that have come into this state.' }),
  name: listingSchema.shape.name,
  cursor: text(2_048).exactOptional().meta({
    description: 'The id of the last event that was seen, where the header Last-Event-ID cannot be given.',
  }),
});

/** Of a stream of one run short, of all runs as long as their cursors. */
export const lastEventSchema = z.strictObject({ 'last-event-id': text(2_048) });

export const attemptsSchema = z.strictObject({
  node: text(512).exactOptional().meta({ description: 'Only those of the node with this path.' }),
  limit: listingSchema.shape.limit,
  cursor: listingSchema.shape.cursor,
});

export const costQuerySchema = z.strictObject({
  region: text(64).exactOptional().meta({ description: 'Whose list prices are taken. Default `us-east-1`.' }),
});

export const lookSchema = z.strictObject({
  nodes: z
    .enum(['true', 'false'])
    .exactOptional()
    .meta({ description: '`false` leaves the nodes of a workflow out, and what it takes to read them.' }),
});

export type SubmissionBody = z.infer<typeof submissionSchema>;
export type BatchEntryBody = z.infer<typeof batchEntrySchema>;
