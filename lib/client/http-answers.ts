import { HoldfastError } from '../model/errors.ts';
import type { AttemptsPage } from './attempt-view.ts';
import type { ManyRuns, RetriedRun, SteeredRun, Submitted } from './client.ts';
import type { RunCost } from './cost-view.ts';
import type { ExecutionResult } from './execution-view.ts';
import type { HttpAnswer } from './http-transport.ts';
import type {
  DefinitionView,
  ListedDefinition,
  QueueView,
  Redrive,
  Run,
  RunCounts,
  RunPage,
  WorkerView,
} from './run-view.ts';
import type { Why } from './why-view.ts';

/*
 * Answers as what they stand for. An undefined value does not travel; that it is missing says that it was one.
 *
 * All of them throw HoldfastError `ApiProblem` for an answer that is something else.
 */

export function runFrom({ body }: Pick<HttpAnswer, 'body'>): Run {
  if (typeof body.id !== 'string' || typeof body.status !== 'string') throw unexpected('a run');
  const run = body.status === 'succeeded' ? { output: undefined, ...body } : body;
  return { input: undefined, ...run } as unknown as Run;
}

export function submittedFrom(answer: HttpAnswer): Submitted {
  return { ...runFrom(answer), created: answer.status === 202 };
}

export function batchFrom({ body, status }: HttpAnswer): readonly Submitted[] {
  return listFrom(body.runs, 'a list of runs').map((each) => submittedFrom({ body: each, status }));
}

export function pageFrom({ body }: HttpAnswer): RunPage {
  return { ...body, runs: listFrom(body.runs, 'a list of runs').map((each) => runFrom({ body: each })) };
}

export function countsFrom({ body }: HttpAnswer): RunCounts {
  if (typeof body.active !== 'number' || typeof body.failed !== 'number') throw unexpected('counts of runs');
  return body as unknown as RunCounts;
}

export function attemptsFrom({ body }: HttpAnswer): AttemptsPage {
  listFrom(body.attempts, 'a list of attempts');
  return body as unknown as AttemptsPage;
}

/** Whether it says what became of an execution, be it that there is none. */
export const isExecution = (body: HttpAnswer['body']): boolean => typeof body.executionId === 'string';

export function executionFrom({ body }: HttpAnswer): ExecutionResult {
  if (!isExecution(body) || !Array.isArray(body.logs)) throw unexpected('the result of an execution');
  return body as unknown as ExecutionResult;
}

export function manyFrom<Row extends RetriedRun | SteeredRun>({ body }: HttpAnswer): ManyRuns<Row> {
  const runs = listFrom(body.runs, 'a list of runs');
  const areRuns = runs.every(({ id, task }) => typeof id === 'string' && typeof task === 'string');
  if (!areRuns) throw unexpected('a list of runs');
  return { runs: runs as unknown as Row[], ...(typeof body.cursor === 'string' && { cursor: body.cursor }) };
}

export function costFrom({ body }: HttpAnswer): RunCost {
  if (typeof body.dollars !== 'number' || !Array.isArray(body.parts)) throw unexpected('a cost');
  return body as unknown as RunCost;
}

export function whyFrom({ body }: HttpAnswer): Why {
  if (typeof body.cause !== 'string' || typeof body.message !== 'string') throw unexpected('a cause');
  return body as unknown as Why;
}

export function workersFrom({ body }: HttpAnswer): readonly WorkerView[] {
  return listFrom(body.workers, 'a list of workers') as unknown as WorkerView[];
}

export function queuesFrom({ body }: HttpAnswer): readonly QueueView[] {
  return listFrom(body.queues, 'a list of queues') as unknown as QueueView[];
}

export function redriveFrom({ body }: HttpAnswer): Redrive {
  if (typeof body.pool !== 'string' || typeof body.messages !== 'number') throw unexpected('a redrive');
  return { pool: body.pool, messages: body.messages };
}

export function definitionsFrom({ body }: HttpAnswer): readonly ListedDefinition[] {
  return listFrom(body.definitions, 'a list of definitions') as unknown as ListedDefinition[];
}

export function definitionFrom({ body }: HttpAnswer): DefinitionView {
  if (typeof body.hash !== 'string' || typeof body.shape !== 'object') throw unexpected('a definition');
  return body as unknown as DefinitionView;
}

function listFrom(value: unknown, what: string): readonly HttpAnswer['body'][] {
  const isList = Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null);
  if (!isList) throw unexpected(what);
  return value;
}

function unexpected(what: string): HoldfastError {
  return new HoldfastError('ApiProblem', `The answer is not ${what}`, {
    hint: 'Check that the URL is that of a Holdfast API.',
  });
}
