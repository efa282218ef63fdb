import { type Command, Option } from 'commander';
import type { SubmitOptions, Submitted } from '../client/client.ts';
import type { Duration } from '../model/duration.ts';
import type { DeliveryTarget } from '../model/run.ts';
import type { Cli } from './cli.ts';
import { inputArgument, jsonArgument } from './json-argument.ts';
import { collect, durationOption, type Session, wholeNumber } from './options.ts';

/** What `addSubmissionOptions` reads. */
export interface SubmissionGiven {
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
}

/** What is submitted, and how. */
export function addSubmissionOptions(verb: Command): Command {
  return verb
    .argument('<name>', 'the name of a registered task or workflow')
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
    );
}

/** @throws HoldfastError those of `submitByName`, and `MalformedJson`, `InvalidArgument` for the input */
export async function submitGiven(
  { client, inTenant }: Session,
  cli: Cli,
  name: string,
  given: SubmissionGiven,
): Promise<Submitted> {
  const input = given.input === undefined ? undefined : await jsonArgument(given.input, cli, inputArgument);
  return await client.submitByName(name, input, { ...optionsOf(given), ...inTenant });
}

function optionsOf({ deliverTo, input: _input, tag, ...options }: SubmissionGiven): SubmitOptions {
  return {
    ...options,
    ...(tag === undefined ? {} : { tags: tag }),
    ...(deliverTo && { deliverTo: deliverTo.map(targetOf) }),
  };
}

const targetOf = (text: string): DeliveryTarget => (text.includes(':') ? { webhook: text } : { queue: text });
