import { availableParallelism } from 'node:os';
import type { Env } from '../config/env.ts';
import type { LogLevel } from '../config/log-level.ts';
import { type readSettings, settingVariable } from '../config/settings.ts';
import type { TaskExecutor } from '../define/task-executor.ts';
import { type Duration, parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import type { DynamoDbEngine } from './dynamodb-server.ts';
import { type LocalPool, type PoolPlan, planPools, workersMax } from './pools.ts';
import type { TaskModule } from './task-module.ts';

export interface LocalOptions {
  /**
   * The tasks and workflows to serve. A path or file URL of a module: each executor is a process of its own, as on Lambda. A module
   * object: everything runs in this process, which suits tests.
   */
  readonly tasks: string | URL | TaskModule;
  /** Runs the tasks that a module object only declares. A function cannot be given to other processes. */
  readonly executor?: TaskExecutor;
  /** Of the API. Default 3000; 0 takes a free one. */
  readonly port?: number;
  /** Default 0: a free one. */
  readonly dynamodbPort?: number;
  /** Default 0: a free one. */
  readonly sqsPort?: number;
  /** Keeps all data in this directory, over restarts. Default: in memory. */
  readonly persist?: string;
  /**
   * Executors of each pool that does not say, each with up to ten messages at a time. 0 to 64; with 0 whatever is
   * submitted waits for workers that are started with `env`. Default: cores; 2 for a module object.
   */
  readonly workers?: number;
  /**
   * Pools beside `default`, or that one with tags or lanes of its own. A task that asks for tags goes to the first pool
   * that carries all of them. Default: `default` alone, with one lane.
   */
  readonly pools?: Readonly<Record<string, LocalPool>>;
  /** The task that `POST /tasks` without `task` means. */
  readonly defaultTask?: string;
  /** Take precedence over HOLDFAST_<NAME> in the environment. */
  readonly settings?: Parameters<typeof readSettings>[1];
  /** After this time an invocation is ended. `'1s'` to `'15m'`, as on Lambda. Default `'15m'`. */
  readonly functionTimeout?: Duration;
  /** Default `'auto'`. */
  readonly dynamodb?: DynamoDbEngine;
  /** How long `close` lets running work go on. Default `'5s'`. */
  readonly shutdownGrace?: Duration;
  /** Default: HOLDFAST_LOG_LEVEL, else `'warn'`. Logs go to standard error. */
  readonly logLevel?: LogLevel;
}

/** The options with defaults, checked. */
export interface LocalPlan {
  readonly port: number;
  readonly dynamodbPort: number;
  readonly sqsPort: number;
  readonly pools: readonly PoolPlan[];
  readonly functionTimeoutMs: Ms;
  readonly graceMs: Ms;
}

const portMax = 65_535;

/** @throws HoldfastError `InvalidSetting`, `InvalidDuration`, naming the option. */
export function planOf(options: LocalOptions): LocalPlan {
  const inProcess = typeof options.tasks !== 'string' && !(options.tasks instanceof URL);
  if (options.executor && !inProcess) {
    throw new HoldfastError('InvalidSetting', 'executor needs tasks given as a module object', {
      field: 'executor',
      hint: 'Executors of a tasks file are processes of their own: give the tasks in it a `run`.',
    });
  }
  const workers = within(
    options.workers ?? (inProcess ? 2 : availableParallelism()),
    'workers',
    0,
    workersMax,
  );
  return {
    port: within(options.port ?? 3_000, 'port', 0, portMax),
    dynamodbPort: within(options.dynamodbPort ?? 0, 'dynamodbPort', 0, portMax),
    sqsPort: within(options.sqsPort ?? 0, 'sqsPort', 0, portMax),
    pools: planPools(options.pools, workers),
    functionTimeoutMs: between(options.functionTimeout ?? '15m', 'functionTimeout', '1s', '15m'),
    graceMs: between(options.shutdownGrace ?? '5s', 'shutdownGrace', '0ms', '15m'),
  };
}

type OptionName = keyof LocalOptions;

function within(value: number, name: OptionName, min: number, max: number): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw outOfRange(name, `a whole number from ${min} to ${max}`, value);
}

function between(value: Duration, name: OptionName, min: Duration, max: Duration): Ms {
  const ms = parseDuration(value, name);
  if (ms >= parseDuration(min, name) && ms <= parseDuration(max, name)) return ms;
  throw outOfRange(name, `a duration from ${min} to ${max}`, value);
}

function outOfRange(name: OptionName, what: string, value: unknown): HoldfastError {
  return new HoldfastError('InvalidSetting', `${name} must be ${what}, not ${value}`, {
    field: name,
    hint: `Give the option ${nameAndFlag(name)} a value within its range.`,
  });
}

/** As it is called in code and, where it is one, on the command line. */
function nameAndFlag(name: OptionName): string {
  if (name === 'shutdownGrace') return name;
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} (${name} in code)`;
}

/** Settings given in code as the variables that functions read. */
export function settingVariables(settings: LocalOptions['settings'] = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) =>
      value === undefined ? [] : [[settingVariable(name), String(value)]],
    ),
  );
}

/**
 * This process's variables without what names a stack or an AWS account: nothing that runs here may reach the user's
 * own.
 */
export function inheritedEnv(env: Env, except: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || name.startsWith('AWS_') || except.includes(name) ? [] : [[name, value]],
    ),
  );
}
