import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Duration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import { checkName } from '../model/ids.ts';
import type { Context } from './context.ts';
import { parseTaskPolicy, type TaskPolicy } from './policy.ts';

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

/** Results shared across runs of the same task, version, tenant and input. */
export interface CacheOptions<Input> {
  /** How long a result may be reused, at least `'1s'`. */
  readonly ttl: Duration;
  /** Something more that must be equal. Default: nothing. */
  readonly key?: (input: Input) => string;
}

interface TaskOptions<Input> {
  /** 1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter. */
  readonly name: string;
  /** Change it when the same input should give another result: it is part of the cache key. Default `'1'`. */
  readonly version?: string;
  /** Measures one attempt's execution. Default: the setting `taskTimeout`. */
  readonly timeout?: Duration;
  /** How long a silent worker keeps the task. Default: the setting `lease`. */
  readonly lease?: Duration;
  readonly retry?: RetryOptions;
  /** Default: off. */
  readonly cache?: CacheOptions<Input>;
}

/** A named, typed unit of user code. `Input` is what is submitted, `Output` what comes back. */
export interface Task<Input, Output> {
  readonly kind: 'task';
  readonly name: string;
  readonly version: string;
  readonly input: StandardSchemaV1<Input, unknown>;
  readonly output: StandardSchemaV1<unknown, Output> | undefined;
  readonly policy: TaskPolicy;
  readonly retryIf: ((error: unknown) => boolean) | undefined;
  readonly cacheKey: ((input: never) => string) | undefined;
  readonly run: (input: never, ctx: Context) => unknown;
}

/** Any task, whatever its types. */
export type AnyTask = Task<unknown, unknown>;

type Schema = StandardSchemaV1<unknown, unknown>;
type In<S extends StandardSchemaV1> = StandardSchemaV1.InferInput<S>;
type Out<S extends StandardSchemaV1> = StandardSchemaV1.InferOutput<S>;

/**
 * Defines a task. The input is checked against its schema at submission and again at each attempt; the handler gets
 * the parsed value. Without `output` the result is what `run` returns.
 *
 * @throws HoldfastError `InvalidName`, `InvalidDuration`, `InvalidArgument`
 */
export function defineTask<I extends Schema, Result>(
  options: TaskOptions<Out<I>> & {
    readonly input: I;
    readonly output?: undefined;
    readonly run: (input: Out<I>, ctx: Context) => Result;
  },
): Task<In<I>, Awaited<Result>>;
export function defineTask<I extends Schema, O extends Schema>(
  options: TaskOptions<Out<I>> & {
    readonly input: I;
    readonly output: O;
    readonly run: (input: Out<I>, ctx: Context) => In<O> | Promise<In<O>>;
  },
): Task<In<I>, Out<O>>;
export function defineTask(
  options: TaskOptions<never> & { input: Schema; output?: Schema | undefined; run: AnyTask['run'] },
): Task<unknown, unknown> {
  checkName(options.name, 'name');
  if (typeof options.run !== 'function') throw invalid(options.name, 'run', 'must be a function');
  if (!isSchema(options.input))
    throw invalid(options.name, 'input', 'must be a Standard Schema, such as a zod schema');
  if (options.output !== undefined && !isSchema(options.output)) {
    throw invalid(options.name, 'output', 'must be a Standard Schema, such as a zod schema');
  }
  return Object.freeze({
    kind: 'task' as const,
    name: options.name,
    version: options.version ?? '1',
    input: options.input,
    output: options.output,
    policy: parseTaskPolicy(options),
    retryIf: options.retry?.retryIf,
    cacheKey: options.cache?.key,
    run: options.run,
  });
}

function isSchema(value: unknown): value is Schema {
  return value !== null && (typeof value === 'object' || typeof value === 'function') && '~standard' in value;
}

function invalid(task: string, field: string, what: string): HoldfastError {
  return new HoldfastError('InvalidArgument', `Task ${task}: ${field} ${what}`, { field });
}
