import { Command, CommanderError } from 'commander';
import { type ErrorCode, HoldfastError } from '../model/errors.ts';
import { addLocalOptions, type LocalCommandOptions, runLocal } from './command.ts';

/*
 * The program behind `npm start`. It ends with 0 when told to end, 2 when it was called wrongly, 1 when it could not
 * start or the demo failed.
 */
const usageCodes: readonly ErrorCode[] = [
  'InvalidArgument',
  'InvalidDuration',
  'InvalidSetting',
  'MissingSetting',
  'TasksNotLoaded',
  'NoTasks',
  'DuplicateName',
  'UnknownTask',
];

async function run(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = addLocalOptions(new Command('npm start --'))
    .description('Holdfast on this machine: DynamoDB, SQS, the functions, the schedule and the API.')
    .allowExcessArguments(false)
    .exitOverride()
    .configureOutput({
      outputError: (text, write) => write(text.replace(/^error: /, 'InvalidArgument: ')),
    })
    .showHelpAfterError('hint: npm start -- --help lists the options.')
    .action(async (options: LocalCommandOptions) => {
      exitCode = await runLocal(options);
    });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(error);
  }
}

function report(thrown: unknown): number {
  const error =
    thrown instanceof HoldfastError
      ? thrown
      : new HoldfastError('InternalError', thrown instanceof Error ? thrown.message : String(thrown), {
          cause: thrown,
        });
  console.error(`${error.code}: ${error.message}`);
  console.error(`hint: ${error.hint}`);
  return usageCodes.includes(error.code) ? 2 : 1;
}

// Whatever a tasks module left open, such as a timer, must not keep the process: everything of ours has ended.
process.exit(await run(process.argv.slice(2)));
