import * as z from 'zod';

import { version } from '../version.ts';
import { tenantHeader } from './parse.ts';
import {
  cancellationSchema,
  listingSchema,
  lookSchema,
  runSubmissionSchema,
  submissionSchema,
} from './schemas.ts';
import { elementSchema, sequenceSchema, shapeSchema } from './shape-schemas.ts';
import {
  definitionSchema,
  definitionsSchema,
  errorSchema,
  healthSchema,
  nodeSchema,
  problemSchema,
  runPageSchema,
  runSchema,
  workerSchema,
  workersSchema,
} from './view-schemas.ts';

const requestSchemas = {
  Submission: submissionSchema,
  RunSubmission: runSubmissionSchema,
  Cancellation: cancellationSchema,
};
const responseSchemas = {
  Run: runSchema,
  Node: nodeSchema,
  RunError: errorSchema,
  RunPage: runPageSchema,
  Worker: workerSchema,
  Workers: workersSchema,
  Definitions: definitionsSchema,
  Definition: definitionSchema,
  Shape: shapeSchema,
  Sequence: sequenceSchema,
  Element: elementSchema,
  Health: healthSchema,
  Problem: problemSchema,
};
type SchemaName = keyof typeof requestSchemas | keyof typeof responseSchemas;

const refTo = (name: string) => `#/components/schemas/${name}`;
const jsonOf = (name: SchemaName, type = 'application/json') => ({
  content: { [type]: { schema: { $ref: refTo(name) } } },
});
const answer = (description: string, name: SchemaName) => ({ description, ...jsonOf(name) });
const problems = { default: { description: 'A problem', ...jsonOf('Problem', 'application/problem+json') } };

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string' },
});
const tenant = header(tenantHeader, 'Whose runs. Default: those without a tenant.');
const key = header('idempotency-key', 'The same key and request again give the same task.');
const id = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

const operation = (
  operationId: string,
  summary: string,
  parameters: readonly object[],
  responses: object,
) => ({
  operationId,
  summary,
  ...(parameters.length === 0 ? {} : { parameters }),
  responses: { ...responses, ...problems },
});
const get = (operationId: string, summary: string, parameters: readonly object[], name: SchemaName) => ({
  get: operation(operationId, summary, parameters, { 200: answer('OK', name) }),
});
const post = (of: ReturnType<typeof operation>, body: SchemaName, required: boolean) => ({
  post: { ...of, requestBody: { required, ...jsonOf(body) } },
});

/** The OpenAPI 3.1 document of the API, made from the schemas that requests are checked with. */
export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Holdfast', version, description: 'Durable tasks and workflows: submit, follow, cancel.' },
    paths: paths(),
    components: {
      schemas: { ...schemasOf(requestSchemas, 'input'), ...schemasOf(responseSchemas, 'output') },
    },
  };
}

function paths(): object {
  const submitted = {
    200: answer('The same request was submitted before', 'Run'),
    202: {
      ...answer('Submitted', 'Run'),
      headers: { Location: { description: 'Where to follow it', schema: { type: 'string' } } },
    },
  };
  const submitTask = operation('submitTask', 'Submits a task', [tenant, key], submitted);
  const submitRun = operation('submitRun', 'Submits a workflow', [tenant, key], submitted);
  const cancel = operation('cancelRun', 'Asks for a run to be cancelled', [tenant, id], {
    202: answer('It will be cancelled', 'Run'),
  });
  return {
    '/tasks': post(submitTask, 'Submission', true),
    '/tasks/{id}': get('getTask', 'Shows a task', [tenant, id, ...queryParameters(lookSchema)], 'Run'),
    '/runs': {
      ...get('listRuns', 'Lists runs', [tenant, ...queryParameters(listingSchema)], 'RunPage'),
      ...post(submitRun, 'RunSubmission', true),
    },
    '/runs/{id}': get('getRun', 'Shows a run', [tenant, id, ...queryParameters(lookSchema)], 'Run'),
    '/runs/{id}/cancel': post(cancel, 'Cancellation', false),
    '/workers': get('listWorkers', 'Who works', [], 'Workers'),
    '/definitions': get('listDefinitions', 'What can be submitted', [], 'Definitions'),
    '/definitions/{id}': get('getDefinition', 'A definition by its name or hash', [id], 'Definition'),
    '/health': get('getHealth', 'Whether the API answers', [], 'Health'),
    '/openapi.json': {
      get: operation('getOpenApi', 'This document', [], { 200: { description: 'OK' } }),
    },
  };
}

function queryParameters(of: z.ZodType): object[] {
  const schema = z.toJSONSchema(of, { io: 'output' });
  return Object.entries(schema.properties ?? {}).map(([name, each]) => ({ name, in: 'query', schema: each }));
}

function schemasOf(named: Readonly<Record<string, z.ZodType>>, io: 'input' | 'output'): object {
  const registry = z.registry<{ id: string }>();
  for (const [name, schema] of Object.entries(named)) registry.add(schema, { id: name });
  const { schemas } = z.toJSONSchema(registry, { io, uri: refTo });
  // Where a schema lies is said by its place in the document already.
  const bare = Object.entries(schemas).map(([name, { $schema: _schema, $id: _id, ...rest }]) => [name, rest]);
  return Object.fromEntries(bare);
}
