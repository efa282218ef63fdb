import { type Command, Option } from 'commander';
import type { SubmitOptions } from '../../client/client.ts';
import type { Duration } from '../../model/duration.ts';
import type { DeliveryTarget } from '../../model/run.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { inputArgument, jsonArgument } from '../json-argument.ts';
import { collect, durationOption, openSession, wholeNumber } from '../options.ts';
import { runDetails, submissionReceipt } from '../show-run.ts';

interface Given {
  readonly input?: string;
  readonly idempotencyKey?: string;
  readonly priority?: 'high' | 'normal' | 'low';
  readonly tag?: string[];
  readonly delay?: Duration;
  readonly timeout?: Duration;
  readonly maxAttempts?: number;
  readonly dependsOn?: string[];
  readonly onDependencyFailure?: 'fail' | 'skip';
  readonly deliverTo?: string[];
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
    .option('--depends-on <id>', 'a run that must succeed before; may be repeated', collect)
    .addOption(
      new Option('--on-dependency-failure <what>', 'when one of them does not succeed').choices([
        'fail',
        'skip',
      ]),
    )
    .option(
      '--deliver-to <target>',
      'an https URL, or a queue by its name here, that gets its result; may be repeated',
      collect,
    )
    .option('--wait', 'wait for its end')
    .option('--wait-timeout <duration>', 'wait no longer than this', durationOption('--wait-timeout'))
    .action(async (name: string, given: Given, command: Command) => {
      const { client, inTenant, paint, print } = openSession(command, cli);
      const input =
        given.input === undefined ? undefined : await jsonArgument(given.input, cli, inputArgument);
      const run = await client.submitByName(name, input, { ...optionsOf(given), ...inTenant });
      if (!given.wait && given.waitTimeout === undefined) return print(run, () => submissionReceipt(run));
      const timeout = given.waitTimeout === undefined ? {} : { timeout: given.waitTimeout };
      const finished = await client.wait(run, { ...timeout, ...inTenant });
      print(finished, () => runDetails(finished, paint));
      if (finished.status !== 'succeeded') setExitCode(exitCodes.runFailed);
    });
}

function optionsOf({
  deliverTo,
  input: _input,
  tag,
  wait: _wait,
  waitTimeout: _late,
  ...options
}: Given): SubmitOptions {
  return {
    ...options,
    ...(tag === undefined ? {} : { tags: tag }),
    ...(deliverTo && { deliverTo: deliverTo.map(targetOf) }),
  };
}

const targetOf = (text: string): DeliveryTarget => (text.includes(':') ? { webhook: text } : { queue: text });
