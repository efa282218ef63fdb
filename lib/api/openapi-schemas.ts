import * as z from 'zod';
import {
  attemptSchema,
  attemptsPageSchema,
  executionResultSchema,
  executionRunSchema,
} from './attempt-schemas.ts';
import { runCostSchema } from './cost-schemas.ts';
import {
  batchRunsSchema,
  countsSchema,
  errorSchema,
  nodeSchema,
  retriedSchema,
  runPageSchema,
  runSchema,
  steeredSchema,
  whySchema,
} from './run-schemas.ts';
import {
  batchSchema,
  cancellationSchema,
  cancellationsSchema,
  executionSchema,
  pauseSchema,
  pausesSchema,
  resumptionSchema,
  resumptionsSchema,
  retriesSchema,
  retrySchema,
  runSubmissionSchema,
  signalSchema,
  submissionSchema,
} from './schemas.ts';
import { elementSchema, sequenceSchema, shapeSchema } from './shape-schemas.ts';
import {
  definitionSchema,
  definitionsSchema,
  healthSchema,
  problemSchema,
  queuesSchema,
  redriveSchema,
  workerSchema,
  workersSchema,
} from './system-schemas.ts';

const requestSchemas = {
  Submission: submissionSchema,
  RunSubmission: runSubmissionSchema,
  Batch: batchSchema,
  Execution: executionSchema,
  Cancellation: cancellationSchema,
  Pause: pauseSchema,
  Resumption: resumptionSchema,
  Signal: signalSchema,
  Retry: retrySchema,
  Retries: retriesSchema,
  Cancellations: cancellationsSchema,
  Pauses: pausesSchema,
  Resumptions: resumptionsSchema,
};
const responseSchemas = {
  Run: runSchema,
  Node: nodeSchema,
  RunError: errorSchema,
  RunPage: runPageSchema,
  Counts: countsSchema,
  Attempt: attemptSchema,
  ExecutionRun: executionRunSchema,
  ExecutionResult: executionResultSchema,
  AttemptsPage: attemptsPageSchema,
  BatchRuns: batchRunsSchema,
  Retried: retriedSchema,
  Steered: steeredSchema,
  Why: whySchema,
  RunCost: runCostSchema,
  Worker: workerSchema,
  Workers: workersSchema,
  Queues: queuesSchema,
  Redrive: redriveSchema,
  Definitions: definitionsSchema,
  Definition: definitionSchema,
  Shape: shapeSchema,
  Sequence: sequenceSchema,
  Element: elementSchema,
  Health: healthSchema,
  Problem: problemSchema,
};
export type SchemaName = keyof typeof requestSchemas | keyof typeof responseSchemas;

export const refTo = (name: string) => `#/components/schemas/${name}`;

/** What requests and answers look like, by name. */
export function componentSchemas(): object {
  return { ...schemasOf(requestSchemas, 'input'), ...schemasOf(responseSchemas, 'output') };
}

function schemasOf(named: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): object {
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(named)) registry.add(schema, { id: name });
  const { schemas } = z.toJSONSchema(registry, {
    io,
    uri: refTo,
    // A later version may answer more: whoever reads answers must not refuse them for it.
    override: ({ jsonSchema }) => {
      if (io === 'output' && jsonSchema.additionalProperties === false)
        delete jsonSchema.additionalProperties;
    },
  });
  // Where a schema lies is said by its place in the document already.
  const bare = Object.entries(schemas).map(([name, { $schema: _schema, $id: _id, ...rest }]) => [name, rest]);
  return Object.fromEntries(bare);
}
