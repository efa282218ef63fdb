import * as z from 'zod';

/** What answers about cost look like, for the OpenAPI document. */

const amount = (description: string) => z.number().meta({ description });

const dollars = amount('At list prices, without any free tier.');

const usageSchema = z
  .object({
    writes: amount('Items written, or tried to.'),
    tableUnits: amount('Write units of the table, each of 1 KB.'),
    indexUnits: amount('Write units of its index.'),
    reads: amount('Requests that read from it.'),
    readUnits: amount('Each of 4 KB.'),
    sqsRequests: amount('Requests to SQS; of one for several messages, each has its share.'),
    s3Puts: amount('Requests to S3 that write, copy or list.'),
    s3Gets: amount('Requests to S3 that read.'),
    lambdaRequests: amount('Calls of the executor; of one for several messages, each has its share.'),
    armGigabyteSeconds: amount('Of executors on arm64.'),
    x86GigabyteSeconds: amount('Of executors on x86_64.'),
  })
  .meta({ description: 'What was asked of AWS, in the units that it bills by.' });

const partSchema = z.object({
  node: z.string().exactOptional().meta({
    description: 'The path of a node; of a single task `task`. Absent of the submission.',
  }),
  dollars,
  usage: usageSchema,
});

export const runCostSchema = z.object({
  id: z.string(),
  region: z.string().meta({ description: 'Whose prices they are.' }),
  pricesAsOf: z.string().meta({ description: 'When they were looked up.' }),
  dollars,
  byService: z.object({
    dynamodb: z.number(),
    sqs: z.number(),
    s3: z.number(),
    lambda: z.number(),
  }),
  usage: usageSchema,
  parts: z.array(partSchema).readonly().meta({
    description:
      'The submission, then the nodes in the order in which they began. Those that have cost nothing are left out.',
  }),
  final: z.boolean().meta({ description: 'Nothing more will come: the run has ended.' }),
});
