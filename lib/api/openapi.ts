import * as z from 'zod';

import { version } from '../version.ts';
import { tenantHeader } from './caller.ts';
import { componentSchemas, refTo, type SchemaName } from './openapi-schemas.ts';
import {
  attemptsSchema,
  costQuerySchema,
  countsQuerySchema,
  eventsSchema,
  executionLookSchema,
  listingSchema,
  lookSchema,
} from './schemas.ts';

const jsonOf = (name: SchemaName, type = 'application/json') => ({
  content: { [type]: { schema: { $ref: refTo(name) } } },
});
const answer = (description: string, name: SchemaName) => ({ description, ...jsonOf(name) });
const located = (description: string, name: SchemaName = 'Run') => ({
  ...answer(description, name),
  headers: { Location: { description: 'Where to follow it', schema: { type: 'string' } } },
});
const problems = { default: { description: 'A problem', ...jsonOf('Problem', 'application/problem+json') } };

const header = (name: string, description: string) => ({
  name,
  in: 'header',
  description,
  schema: { type: 'string' },
});
const pathPart = (name: string) => ({ name, in: 'path', required: true, schema: { type: 'string' } });
const tenant = header(tenantHeader, 'Whose runs. Default: those without a tenant.');
const key = header('idempotency-key', 'The same key and request again give the same task.');
const batchKey = header('idempotency-key', 'Gives each entry a key: this one, a dot, and its ref.');
const id = pathPart('id');
const ifNoneMatch = header('if-none-match', 'The ETag of the state that is known.');
const lastEvent = header(
  'last-event-id',
  'The id of the last message that was seen: the stream goes on from there.',
);

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
/** Asks something of many runs. */
const many = (operationId: string, summary: string, body: SchemaName) => {
  const responses = { 200: answer('Which it would be', 'Steered'), 202: answer('Which it is', 'Steered') };
  return post(operation(operationId, summary, [tenant], responses), body, true);
};
/** A run, unless the client knows it as it is. */
const look = (operationId: string, summary: string) => ({
  get: operation(operationId, summary, [tenant, id, ifNoneMatch, ...queryParameters(lookSchema)], {
    200: {
      ...answer('OK', 'Run'),
      headers: { ETag: { description: 'Of this state', schema: { type: 'string' } } },
    },
    304: { description: 'It is as the client knows it' },
  }),
});
/** A stream whose messages have a run each. */
const stream = (operationId: string, summary: string, parameters: readonly object[], more: object = {}) => ({
  get: operation(operationId, summary, [tenant, ...parameters, lastEvent], {
    200: {
      description: 'Messages named `run`, each with a run as its data; a comment every 15 s',
      content: { 'text/event-stream': { schema: { type: 'string' } } },
    },
    ...more,
  }),
});
/** Asks something of a run; the body may be left out. */
const ask = (operationId: string, summary: string, done: string, body: SchemaName, more: object[] = []) =>
  post(operation(operationId, summary, [tenant, id, ...more], { 202: answer(done, 'Run') }), body, false);

/** The OpenAPI 3.1 document of the API, made from the schemas that requests are checked with. */
export function openApiDocument(): object {
  return {
    openapi: '3.1.0',
    info: { title: 'Holdfast', version, description: 'Durable tasks and workflows: submit, follow, steer.' },
    paths: { ...submissionPaths(), ...executionPaths(), ...runPaths(), ...aboutPaths() },
    components: { schemas: componentSchemas() },
  };
}

function submissionPaths(): object {
  const submitted = {
    200: answer('The same request was submitted before', 'Run'),
    202: located('Submitted'),
  };
  const submitBatch = operation(
    'submitBatch',
    'Submits up to 100 runs that may depend on each other, all or none',
    [tenant, batchKey],
    {
      200: answer('The same batch was submitted before', 'BatchRuns'),
      202: answer('Submitted', 'BatchRuns'),
    },
  );
  return {
    '/tasks': post(operation('submitTask', 'Submits a task', [tenant, key], submitted), 'Submission', true),
    '/tasks/{id}': look('getTask', 'Shows a task'),
    '/runs': {
      ...get('listRuns', 'Lists runs', [tenant, ...queryParameters(listingSchema)], 'RunPage'),
      ...post(operation('submitRun', 'Submits a workflow', [tenant, key], submitted), 'RunSubmission', true),
    },
    '/counts': get(
      'countRuns',
      'How many runs there are',
      [tenant, ...queryParameters(countsQuerySchema)],
      'Counts',
    ),
    '/batches': post(submitBatch, 'Batch', true),
  };
}

function executionPaths(): object {
  const execute = operation(
    'execute',
    'Executes a registered task, or, where that is switched on, code that comes along',
    [tenant, key],
    {
      200: answer('The same execution was asked for before', 'ExecutionRun'),
      202: located('Submitted', 'ExecutionRun'),
    },
  );
  const result = operation(
    'getExecution',
    'What became of an execution',
    [tenant, id, ...queryParameters(executionLookSchema)],
    {
      200: answer('It is known, ended or not', 'ExecutionResult'),
      404: answer('There is no such execution', 'ExecutionResult'),
    },
  );
  return { '/executions': post(execute, 'Execution', true), '/executions/{id}': { get: result } };
}

function runPaths(): object {
  const retry = operation('retryRun', 'Goes on from where a run failed, as a new run', [tenant, id], {
    200: located('The same was asked for before'),
    202: located('Submitted'),
  });
  const retries = operation('retryRuns', 'Goes on from where runs failed', [tenant], {
    200: answer('What would be tried again', 'Retried'),
    202: answer('What is tried again', 'Retried'),
  });
  return {
    '/runs/{id}': look('getRun', 'Shows a run'),
    '/runs/{id}/events': stream(
      'watchRun',
      'The run as it is, and again whenever it has changed, until it has ended',
      [id, ...queryParameters(lookSchema)],
      { 204: { description: 'It has ended, and the client knows how' } },
    ),
    '/events': stream(
      'watchRuns',
      'Runs as they change: all that end, and of those that go on the hundred that are due next',
      queryParameters(eventsSchema),
    ),
    '/runs/{id}/attempts': get(
      'listAttempts',
      'What attempts told beside their results',
      [tenant, id, ...queryParameters(attemptsSchema)],
      'AttemptsPage',
    ),
    '/runs/{id}/cost': get(
      'costOfRun',
      'What a run has asked of AWS so far, and what that costs',
      [tenant, id, ...queryParameters(costQuerySchema)],
      'RunCost',
    ),
    '/runs/{id}/why': get('whyRun', 'The one thing that a run waits for', [tenant, id], 'Why'),
    '/runs/{id}/cancel': ask(
      'cancelRun',
      'Asks for a run to be cancelled',
      'It will be cancelled',
      'Cancellation',
    ),
    '/runs/{id}/pause': ask('pauseRun', 'Asks for a run to be paused', 'It will be paused', 'Pause'),
    '/runs/{id}/resume': ask('resumeRun', 'Lets a paused run go on', 'It goes on', 'Resumption'),
    '/runs/{id}/signals/{name}': ask(
      'signalRun',
      'Gives a value to the step that waits for it, or to the first one that will',
      'It has the signal',
      'Signal',
      [pathPart('name')],
    ),
    '/runs/{id}/retry': post(retry, 'Retry', false),
    '/retries': post(retries, 'Retries', true),
    '/cancellations': many('cancelRuns', 'Asks for runs to be cancelled', 'Cancellations'),
    '/pauses': many('pauseRuns', 'Asks for runs to be paused', 'Pauses'),
    '/resumptions': many('resumeRuns', 'Lets paused runs go on', 'Resumptions'),
  };
}

function aboutPaths(): object {
  return {
    '/workers': get('listWorkers', 'Who works', [], 'Workers'),
    '/queues': get('listQueues', 'How many messages wait for the workers of each pool', [], 'Queues'),
    '/queues/{pool}/redrive': {
      post: operation('redriveQueue', 'Sends the dead letters of a pool back', [pathPart('pool')], {
        202: answer('They are on their way', 'Redrive'),
      }),
    },
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
