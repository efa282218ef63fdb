import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Duration, parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { markVariable } from '../process/mark.ts';

/** What a command may be, and what becomes of it. */
export interface CommandOptions {
  /** The programs, each by its name, which is looked up in the worker's PATH, or by its absolute path. */
  readonly allow: readonly string[];
  /** Where programs run; the input may name a directory below it. Default: the worker's own. */
  readonly cwd?: string | URL;
  /** The variables that programs get from the worker's environment, beside PATH. Default: none. */
  readonly env?: readonly string[];
  /** The variables that the input may set. Default: none. */
  readonly inputEnv?: readonly string[];
  /** What is kept of standard output and of standard error each, 1 to 150,000 bytes as JSON. Default 65,536. */
  readonly maxOutputBytes?: number;
  /** The exit codes that are no failure; `'any'` takes them all, and ends by a signal too. Default `[0]`. */
  readonly success?: readonly number[] | 'any';
  /** How long a program that is no longer wanted may take to end before it is killed, to `'1m'`. Default `'1s'`. */
  readonly killGrace?: Duration;
}

/** The options with defaults, checked. */
export interface CommandPolicy {
  readonly allow: ReadonlySet<string>;
  readonly cwd: string;
  readonly env: readonly string[];
  readonly inputEnv: ReadonlySet<string>;
  readonly outputBytesMax: number;
  readonly success: ReadonlySet<number> | 'any';
  readonly killGraceMs: Ms;
}

/** Both outputs together must fit into one result. */
const outputBytesMaxMax = 150_000;
const killGraceMsMax: Ms = 60_000;

/**
 * @param owner what the options belong to, for messages
 * @throws HoldfastError `InvalidArgument`, `InvalidDuration`, naming the option
 */
export function parsePolicy(options: CommandOptions, owner: string): CommandPolicy {
  const check: Check = (holds, field, what) => {
    if (holds) return;
    throw new HoldfastError('InvalidArgument', `${owner}: ${field} ${what}`, { field });
  };
  const { allow, env = [], inputEnv = [], maxOutputBytes = 65_536, success = [0] } = options;
  checkPrograms(allow, check);
  checkVariables(env, 'env', check);
  checkVariables(inputEnv, 'inputEnv', check);
  const sizeFits = Number.isInteger(maxOutputBytes) && maxOutputBytes > 0;
  check(
    sizeFits && maxOutputBytes <= outputBytesMaxMax,
    'maxOutputBytes',
    `must be a whole number from 1 to ${outputBytesMaxMax}`,
  );
  check(
    success === 'any' || (Array.isArray(success) && success.length > 0 && success.every(isExitCode)),
    'success',
    `must be 'any', or exit codes from 0 to 255`,
  );
  const killGraceMs = parseDuration(options.killGrace ?? '1s', `${owner}: killGrace`);
  check(killGraceMs <= killGraceMsMax, 'killGrace', `must be at most ${killGraceMsMax} ms`);
  return {
    allow: new Set(allow),
    cwd: directoryOf(options.cwd),
    env,
    inputEnv: new Set(inputEnv),
    outputBytesMax: maxOutputBytes,
    success: success === 'any' ? success : new Set(success),
    killGraceMs,
  };
}

type Check = (holds: boolean, field: string, what: string) => void;

function checkPrograms(allow: readonly string[], check: Check): void {
  check(Array.isArray(allow) && allow.length > 0, 'allow', 'must name at least one program');
  for (const [at, program] of allow.entries()) {
    const isText = typeof program === 'string' && program !== '' && !program.includes('\0');
    check(isText, `allow.${at}`, 'must be the name of a program or an absolute path');
    check(
      !program.includes('/') || program.startsWith('/'),
      `allow.${at}`,
      `is ${program}: a path must be absolute, or it would depend on where the worker was started`,
    );
  }
}

function checkVariables(names: readonly string[], field: string, check: Check): void {
  check(Array.isArray(names), field, 'must be a list of names');
  for (const [at, name] of names.entries()) {
    check(/^[A-Za-z_][A-Za-z0-9_]*$/.test(name), `${field}.${at}`, 'must be the name of a variable');
    check(name !== markVariable, `${field}.${at}`, 'is set by Holdfast itself');
  }
}

const isExitCode = (code: unknown): boolean =>
  Number.isInteger(code) && Number(code) >= 0 && Number(code) <= 255;

function directoryOf(cwd: string | URL | undefined): string {
  if (cwd === undefined) return process.cwd();
  return resolve(cwd instanceof URL || cwd.startsWith('file:') ? fileURLToPath(cwd) : cwd);
}
