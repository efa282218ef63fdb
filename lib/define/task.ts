import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Duration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import { checkName } from '../model/ids.ts';
import type { Context } from './context.ts';
import { type LimitOptions, parseLimit, type TaskLimit } from './limit.ts';
import { parsePolicy, type TaskPolicy } from './policy.ts';
import { type SchemaInput as In, isSchema, type SchemaOutput as Out, type Schema } from './schema.ts';

/** How often and how soon a failed attempt is made again. */
export interface RetryOptions {
  /** Attempts in all, 1 to 100. Default 3. */
  readonly maxAttempts?: number;
  /** Upper bound of the first pause; the pause is drawn evenly between 0 and the bound. Default `'1s'`. */
  readonly backoff?: Duration;
  /** By how much each bound exceeds the one before, 1 to 10. Default 2. */
  readonly factor?: number;
  /** The bound grows no further. Default `'60s'`. */
  readonly maxBackoff?: Duration;
  /** Return false to fail at once. A throw in here counts as false. */
  readonly retryIf?: (error: unknown) => boolean;
}

/** Where a handler runs. */
export type Isolation = 'inline' | 'thread';

/** Results shared across runs of the same task, version, tenant and input. */
export interface CacheOptions<Input> {
  /** How long a result may be reused, at least `'1s'`. */
  readonly ttl: Duration;
  /** Something more that must be equal. Default: nothing. */
  readonly key?: (input: Input) => string;
}

export interface TaskOptions<Input, Name extends string = string> {
  /** 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter. */
  readonly name: Name;
  /** Change it when the same input should give another result: it is part of the cache key. Default `'1'`. */
  readonly version?: string;
  /** Measures one attempt's execution. Default: the setting `taskTimeout`. */
  readonly timeout?: Duration;
  /** How long a silent worker keeps the task. Default: the setting `lease`. */
  readonly lease?: Duration;
  readonly retry?: RetryOptions;
  /**
   * `thread` runs the handler on a thread of its own, where nothing it does can starve the renewal of its lease, and
   * where a timeout or a cancel ends even a busy loop. Default `inline`.
   */
  readonly isolation?: Isolation;
  /** Default: off. */
  readonly cache?: CacheOptions<Input>;
  /** Default: none. */
  readonly limit?: LimitOptions<Input>;
}

/** A named, typed unit of user code. `Input` is what is submitted, `Output` what comes back. */
export interface Task<Input, Output, Name extends string = string> {
  readonly kind: 'task';
  readonly name: Name;
  readonly version: string;
  readonly input: StandardSchemaV1<Input, unknown>;
  readonly output: StandardSchemaV1<unknown, Output> | undefined;
  readonly policy: TaskPolicy;
  readonly retryIf: ((error: unknown) => boolean) | undefined;
  readonly cacheKey: ((input: never) => string) | undefined;
  readonly isolation: Isolation;
  readonly limit: TaskLimit | undefined;
  /** Absent where the task is only declared: its handler lives elsewhere, or the worker has one executor for all. */
  readonly run: ((input: never, ctx: Context) => unknown) | undefined;
}

/** Any task, whatever its types. */
export type AnyTask = Task<unknown, unknown>;

/**
 * Defines a task. The input is checked against its schema at submission and again at each attempt; the handler gets
 * the parsed value. Without `output` the result is what `run` returns. Without `run` the task is only declared, for
 * programs that submit it, or compose workflows of it, without its code: a worker refuses it with
 * `TaskNotImplemented`, unless it was given an `executor`.
 *
 * @throws HoldfastError `InvalidName`, `InvalidDuration`, `InvalidArgument`
 */
export function defineTask<I extends Schema, Result, const Name extends string = string>(
  options: TaskOptions<Out<I>, Name> & {
    readonly input: I;
    readonly output?: undefined;
    readonly run: (input: Out<I>, ctx: Context) => Result;
  },
): Task<In<I>, Awaited<Result>, Name>;
export function defineTask<I extends Schema, O extends Schema, const Name extends string = string>(
  options: TaskOptions<Out<I>, Name> & {
    readonly input: I;
    readonly output: O;
    readonly run?: (input: Out<I>, ctx: Context) => In<O> | Promise<In<O>>;
  },
): Task<In<I>, Out<O>, Name>;
export function defineTask(
  options: TaskOptions<never> & { input: Schema; output?: Schema | undefined; run?: AnyTask['run'] },
): Task<unknown, unknown> {
  const { input, isolation = 'inline', name, output, run } = options;
  checkName(name, 'name');
  if (run !== undefined && typeof run !== 'function') throw invalid(name, 'run', 'must be a function');
  if (!isSchema(input)) throw invalid(name, 'input', 'must be a Standard Schema, such as a zod schema');
  if (output !== undefined && !isSchema(output)) {
    throw invalid(name, 'output', 'must be a Standard Schema, such as a zod schema');
  }
  if (isolation !== 'inline' && isolation !== 'thread')
    throw invalid(name, 'isolation', `must be 'inline' or 'thread'`);
  return Object.freeze({
    kind: 'task' as const,
    name,
    version: options.version ?? '1',
    input,
    output,
    policy: parsePolicy(options, `task ${name}`),
    retryIf: options.retry?.retryIf,
    cacheKey: options.cache?.key,
    isolation,
    limit: parseLimit(options.limit, name),
    run,
  });
}

/** Whether a value was made by `defineTask`. */
export function isTask(value: unknown): value is AnyTask {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'task' && 'run' in value
  );
}

function invalid(task: string, field: string, what: string): HoldfastError {
  return new HoldfastError('InvalidArgument', `Task ${task}: ${field} ${what}`, { field });
}
