import { parseEnv } from 'node:util';
import type { Command } from 'commander';
import type { ApiAuth } from '../../client/api-access.ts';
import type { Finding, Status } from '../../doctor/finding.ts';
import { type Duration, parseDuration } from '../../model/duration.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { durationOption } from '../options.ts';
import { type Paint, painter, printable, type Style } from '../text.ts';

interface DoctorGiven {
  readonly env?: string;
  readonly tasks?: string;
  readonly functionTimeout?: Duration;
  readonly auth?: ApiAuth;
  readonly url?: string;
  readonly json?: true;
}

export function addDoctor(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  program
    .command('doctor')
    .summary('check what Holdfast needs, and say what to mend')
    .description(
      'Checks settings, credentials, table, index, queues, bucket, clock, API and tasks: a line each, with what to do.\n' +
        'Ends with 0 if nothing fails, 1 if something does, 3 if something cannot be reached.',
    )
    .option('--env <file>', 'variables that go before the environment, such as from dev --write-env')
    .option('--tasks <file>', 'check this tasks module, too')
    .option(
      '--function-timeout <duration>',
      'of the function that the queues feed, such as 15m',
      durationOption('--function-timeout'),
    )
    .action(async (_given: object, command: Command) => {
      const given = command.optsWithGlobals<DoctorGiven>();
      // What it looks with takes a moment to load.
      const { diagnose, exitCodeOf } = await import('../../doctor/doctor.ts');
      const findings: Finding[] = [];
      const paint = painter(cli.color.out);
      const options = {
        env: given.env === undefined ? cli.env : { ...cli.env, ...(await variablesOf(given.env, cli)) },
        clock: cli.clock,
        nodeVersion: process.version,
        tasks: given.tasks,
        functionTimeoutMs:
          given.functionTimeout && parseDuration(given.functionTimeout, '--function-timeout'),
        url: given.url,
        auth: given.auth,
        fetch: cli.fetch,
      };
      for await (const finding of diagnose(options)) {
        findings.push(finding);
        if (!given.json) cli.out(findingLine(finding, paint));
      }
      if (given.json) cli.out(`${JSON.stringify({ findings })}\n`);
      setExitCode(exitCodeOf(findings));
    });
}

async function variablesOf(path: string, cli: Cli): Promise<NodeJS.Dict<string>> {
  try {
    return parseEnv(await cli.readFile(path));
  } catch (cause) {
    const what = cause instanceof Error ? cause.message : String(cause);
    throw new HoldfastError('InvalidArgument', `The file of variables cannot be read: ${printable(what)}`, {
      field: '--env',
      hint: 'Check the path.',
      cause,
    });
  }
}

const styles: Readonly<Record<Status, Style>> = { ok: 'green', warn: 'yellow', fail: 'red' };
/** Wide enough for most names. */
const checkWidth = 'queue default'.length;

function findingLine({ check, fix, message, status }: Finding, paint: Paint): string {
  const todo = fix === undefined ? '' : `. ${paint('dim', printable(fix))}`;
  return `${paint(styles[status], status.padEnd(4))}  ${printable(check).padEnd(checkWidth)}  ${printable(message)}${todo}\n`;
}
