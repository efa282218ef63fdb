import { type Command, InvalidArgumentError, Option } from 'commander';
import { type ApiAuth, apiAccess } from '../client/api-access.ts';
import type { CancelOptions } from '../client/client.ts';
import { createHttpClient, type HttpClient } from '../client/http-client.ts';
import type { HttpOptions } from '../client/http-transport.ts';
import { envNames } from '../config/env.ts';
import { type Duration, parseDuration } from '../model/duration.ts';
import type { Cli } from './cli.ts';
import { type Paint, painter } from './text.ts';

const defaultUrl = 'http://127.0.0.1:3000';

export interface Session {
  readonly client: HttpClient;
  readonly inTenant: { readonly tenant?: string };
  readonly paint: Paint;
  /** One JSON document as a line, with `--json`; else the text for people. */
  readonly print: (value: unknown, text: () => string) => void;
  /** A part of a stream: with `--json` each value as a line. */
  readonly printEach: (values: readonly unknown[], text: () => string) => void;
}

/** Options of every verb that talks to the API. */
export function addCommonOptions(program: Command): void {
  program
    .option('--url <url>', `where the API is (default: ${envNames.url}, else ${defaultUrl})`)
    .addOption(
      new Option(
        '--auth <how>',
        `how requests say whose they are (default: ${envNames.auth}, else the token in ${envNames.token} or, for a function URL, iam)`,
      ).choices(['iam', 'none']),
    )
    .option('--tenant <id>', 'whose runs (default: those without a tenant)')
    .option('--json', 'print JSON: one document, or one per line of a stream');
}

interface Given {
  readonly auth?: ApiAuth;
  readonly json?: boolean;
  readonly tenant?: string;
  readonly url?: string;
}

/** @throws HoldfastError `InvalidArgument` for a URL that is none, `InvalidSetting` */
export function openSession(command: Command, cli: Cli): Session {
  const { json, tenant } = command.optsWithGlobals<Given>();
  return {
    client: createHttpClient({ ...accessOf(command, cli), clock: cli.clock }),
    inTenant: tenant === undefined ? {} : { tenant },
    paint: painter(cli.color.out),
    print: (value, text) => cli.out(json ? line(value) : text()),
    printEach: (values, text) => cli.out(json ? values.map(line).join('') : text()),
  };
}

/** How the API is reached. @throws HoldfastError `InvalidSetting` */
export function accessOf(command: Command, cli: Cli): HttpOptions {
  const { auth, url = cli.env[envNames.url] || defaultUrl } = command.optsWithGlobals<Given>();
  return apiAccess({ auth, env: cli.env, url, ...(cli.fetch && { fetch: cli.fetch }) });
}

const line = (value: unknown) => `${JSON.stringify(value)}\n`;

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

export function atLeastOne(text: string): number {
  const number = wholeNumber(text);
  if (number === 0) throw new InvalidArgumentError('It must be 1 or more.');
  return number;
}

/** @throws HoldfastError `InvalidDuration`, naming the option */
export function durationOption(option: string): (text: string) => Duration {
  return (text) => `${parseDuration(text, option)}ms`;
}

export const collect = (text: string, before: readonly string[] | undefined): string[] => [
  ...(before ?? []),
  text,
];

/** What `addRequestOptions` reads. */
export interface RequestGiven extends Pick<CancelOptions, 'reason' | 'by' | 'mode'> {
  readonly abort?: true;
}

/** Who asks for a run to stop, why, and whether it lets a running attempt finish. */
export function addRequestOptions(command: Command): Command {
  return command
    .option('--reason <text>', 'why')
    .option('--by <name>', 'who asks for it')
    .addOption(
      new Option('--mode <mode>', 'graceful (default) lets a running attempt finish').choices([
        'graceful',
        'abort',
      ]),
    )
    .addOption(new Option('--abort', 'short for --mode abort').conflicts('mode'));
}

/** Without what else was given. */
export const requestOf = ({ abort, by, mode, reason }: RequestGiven): Omit<CancelOptions, 'tenant'> => ({
  ...(reason !== undefined && { reason }),
  ...(by !== undefined && { by }),
  ...(mode !== undefined && { mode }),
  ...(abort && { mode: 'abort' as const }),
});
