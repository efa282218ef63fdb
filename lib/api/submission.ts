import type { SubmitOptions } from '../client/client.ts';
import { HoldfastError } from '../model/errors.ts';
import { parseAs, toDuration } from './parse.ts';
import { runSubmissionSchema, type SubmissionBody, submissionSchema } from './schemas.ts';

export interface Submission {
  readonly task: string;
  readonly input: unknown;
  readonly options: SubmitOptions;
  /** The input's fields stood beside the others, not under `input`. */
  readonly flat: boolean;
}

// Fields with a meaning here are never part of a flat input.
const ownFields = new Set(Object.keys(submissionSchema.shape));

/** @throws HoldfastError `InvalidArgument`, `InvalidDuration` */
export function readSubmission(body: unknown, defaultTask: string | undefined): Submission {
  const flat = defaultTask !== undefined && isObject(body) && !('task' in body) && !('input' in body);
  const parsed = parseAs(submissionSchema, flat ? foldInput(body) : body);
  const task = parsed.task ?? defaultTask;
  if (task === undefined) {
    throw new HoldfastError('InvalidArgument', 'task is missing', {
      field: 'task',
      hint: 'Name one of the tasks that GET /definitions lists, or start the server with a default task.',
    });
  }
  return { task, input: parsed.input, options: optionsOf(parsed), flat };
}

/** @throws HoldfastError `InvalidArgument`, `InvalidDuration` */
export function readRunSubmission(
  body: unknown,
): Pick<Submission, 'input' | 'options'> & { workflow: string } {
  refuseTaskFields(body);
  const { workflow, ...rest } = parseAs(runSubmissionSchema, body);
  return { workflow, input: rest.input, options: optionsOf(rest) };
}

/**
 * Each step of a workflow has its own.
 *
 * @param path where the body lies, ending in a dot
 * @throws HoldfastError `InvalidArgument`
 */
export function refuseTaskFields(body: unknown, path = ''): void {
  const foreign = ['timeout', 'maxAttempts'].find((field) => isObject(body) && field in body);
  if (foreign === undefined) return;
  const field = `${path}${foreign}`;
  throw new HoldfastError(
    'InvalidArgument',
    `${field} belongs to the steps of a workflow, not to a run of it`,
    { field },
  );
}

/** In a flat body, `input.prompt` is just `prompt`. */
export function unfoldField(error: unknown): unknown {
  if (
    !(error instanceof HoldfastError) ||
    error.code !== 'InvalidInput' ||
    !error.field?.startsWith('input.')
  ) {
    return error;
  }
  const { code, hint, cause } = error;
  const field = error.field.slice('input.'.length);
  const message = error.message.replace(error.field, field);
  return new HoldfastError(code, message, { field, hint, cause });
}

function foldInput(body: object): object {
  const isOwn = ([name]: [string, unknown]) => ownFields.has(name);
  const fields: [string, unknown][] = Object.entries(body);
  const input = Object.fromEntries(fields.filter((field) => !isOwn(field)));
  return { ...Object.fromEntries(fields.filter(isOwn)), input };
}

function optionsOf(body: SubmissionBody): SubmitOptions {
  const { task: _task, input: _input, timeout: _timeout, delay: _delay, ...options } = body;
  return { ...options, ...timesOf(body) };
}

/**
 * @param path where the body lies, ending in a dot
 * @throws HoldfastError `InvalidArgument`, `InvalidDuration`
 */
export function timesOf(
  { timeout, delay }: Pick<SubmissionBody, 'timeout' | 'delay'>,
  path = '',
): Pick<SubmitOptions, 'timeout' | 'delay'> {
  return {
    ...(timeout === undefined ? {} : { timeout: toDuration(timeout, `${path}timeout`, '1ms', '7d') }),
    ...(delay === undefined ? {} : { delay: toDuration(delay, `${path}delay`, '0ms', '366d') }),
  };
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
