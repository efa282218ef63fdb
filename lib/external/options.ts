import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Duration, parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import type { Program } from '../process/start-program.ts';

/** A program that executes tasks in another language, and how long its silence is borne. */
export interface ExternalOptions {
  /** A name that is looked up in PATH, or a path. There is no shell. */
  readonly command: string;
  /** File URLs become paths. */
  readonly args?: readonly (string | URL)[];
  /** Default: the worker's own. */
  readonly cwd?: string | URL;
  /** Beside the worker's own variables, which the program gets: it is code of yours, as handlers are. */
  readonly env?: Readonly<Record<string, string>>;
  /** How long it may take to say hello. Default `'30s'`. */
  readonly startTimeout?: Duration;
  /** With tasks in hand it is asked for a sign of life; one that gives none for so long is ended. Default `'30s'`. */
  readonly silence?: Duration;
  /**
   * How long a cancelled task may go on. With one that does, the program gets no more tasks, ends with those that it
   * has, and another is started. Default `'10s'`.
   */
  readonly cancelGrace?: Duration;
  /** How long the program may take to end when it is asked to, before it is killed. Default `'2s'`. */
  readonly killGrace?: Duration;
}

/** The options with defaults, checked. */
export interface ExternalPlan {
  readonly program: Program;
  /** For messages. */
  readonly name: string;
  readonly startMs: Ms;
  readonly silenceMs: Ms;
  readonly cancelGraceMs: Ms;
  readonly killGraceMs: Ms;
}

const dayMs: Ms = 86_400_000;
const nameCharsMax = 160;

/** @throws HoldfastError `InvalidArgument`, `InvalidDuration`, naming the option */
export function planOf(options: ExternalOptions): ExternalPlan {
  const { args = [], command, env } = options;
  if (typeof command !== 'string' || command === '') {
    throw new HoldfastError('InvalidArgument', 'command must be the name or the path of a program', {
      field: 'command',
    });
  }
  const cwd = options.cwd === undefined ? process.cwd() : resolve(pathOf(options.cwd));
  const words = args.map(pathOf);
  return {
    program: { file: command, args: words, cwd, env: { ...process.env, ...env } },
    name: shortened([command, ...words].join(' ')),
    startMs: within(options.startTimeout ?? '30s', 'startTimeout'),
    silenceMs: within(options.silence ?? '30s', 'silence'),
    cancelGraceMs: within(options.cancelGrace ?? '10s', 'cancelGrace'),
    killGraceMs: within(options.killGrace ?? '2s', 'killGrace'),
  };
}

const shortened = (text: string): string =>
  text.length > nameCharsMax ? `${text.slice(0, nameCharsMax)}…` : text;

const pathOf = (path: string | URL): string => (path instanceof URL ? fileURLToPath(path) : path);

function within(duration: Duration, field: string): Ms {
  const ms = parseDuration(duration, field);
  if (ms > 0 && ms <= dayMs) return ms;
  throw new HoldfastError('InvalidArgument', `${field} must be from 1ms to 1d, not ${duration}`, { field });
}
