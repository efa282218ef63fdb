import { type Command, Option } from 'commander';
import type { SubmitOptions, Submitted } from '../../client/client.ts';
import type { Duration } from '../../model/duration.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { collect, durationOption, openSession, wholeNumber } from '../options.ts';
import { runDetails } from '../show-run.ts';
import { printable } from '../text.ts';

interface Given {
  readonly input?: string;
  readonly idempotencyKey?: string;
  readonly priority?: 'high' | 'normal' | 'low';
  readonly tag?: string[];
  readonly delay?: Duration;
  readonly timeout?: Duration;
  readonly maxAttempts?: number;
  readonly wait?: boolean;
  readonly waitTimeout?: Duration;
}

export function addSubmit(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  program
    .command('submit')
    .argument('<name>', 'the name of a registered task or workflow')
    .summary('submit a task or workflow')
    .description(
      'Submits a task or workflow and prints its run. With --wait it ends when the run has: 0 if it succeeded, else 1.',
    )
    .option('--input <json>', 'its input: JSON, @file or - for standard input')
    .option('--idempotency-key <key>', 'the same key and request again give the same run')
    .addOption(new Option('--priority <priority>', 'which goes first').choices(['high', 'normal', 'low']))
    .option('--tag <tag>', 'a tag that its workers must carry; may be repeated', collect)
    .option('--delay <duration>', 'not before this long from now, such as 5m', durationOption('--delay'))
    .option('--timeout <duration>', 'how long one attempt of a task may run', durationOption('--timeout'))
    .option('--max-attempts <number>', 'attempts of a task in all', wholeNumber)
    .option('--wait', 'wait for its end')
    .option('--wait-timeout <duration>', 'wait no longer than this', durationOption('--wait-timeout'))
    .action(async (name: string, given: Given, command: Command) => {
      const { client, inTenant, paint, print } = openSession(command, cli);
      const input = given.input === undefined ? undefined : await readInput(given.input, cli);
      const run = await client.submitByName(name, input, { ...optionsOf(given), ...inTenant });
      if (!given.wait && given.waitTimeout === undefined) return print(run, () => receipt(run));
      const timeout = given.waitTimeout === undefined ? {} : { timeout: given.waitTimeout };
      const finished = await client.wait(run, { ...timeout, ...inTenant });
      print(finished, () => runDetails(finished, paint));
      if (finished.status !== 'succeeded') setExitCode(exitCodes.runFailed);
    });
}

function receipt(run: Submitted): string {
  return `${run.created ? 'submitted' : 'known already'}  ${printable(run.id)}  ${printable(run.status)}\n`;
}

function optionsOf({ idempotencyKey, priority, tag, delay, timeout, maxAttempts }: Given): SubmitOptions {
  return {
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(priority === undefined ? {} : { priority }),
    ...(tag === undefined ? {} : { tags: tag }),
    ...(delay === undefined ? {} : { delay }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(maxAttempts === undefined ? {} : { maxAttempts }),
  };
}

async function readInput(given: string, cli: Cli): Promise<unknown> {
  const text = await inputText(given, cli);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : 'no JSON';
    throw new HoldfastError('MalformedJson', `The input is not JSON: ${printable(reason)}`, {
      field: '--input',
      hint: `Quote it for the shell: --input '{"key": "value"}', or give --input @file or --input -.`,
      cause,
    });
  }
}

async function inputText(given: string, cli: Cli): Promise<string> {
  if (given === '-') return cli.readStdin();
  if (!given.startsWith('@')) return given;
  try {
    return await cli.readFile(given.slice(1));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('InvalidArgument', `The input file cannot be read: ${printable(reason)}`, {
      field: '--input',
      hint: 'Check the path behind the @.',
      cause,
    });
  }
}
