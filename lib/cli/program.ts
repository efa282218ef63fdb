import { Command, CommanderError } from 'commander';
import { HoldfastError } from '../model/errors.ts';
import { version } from '../version.ts';
import type { Cli, SetExitCode } from './cli.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { addCommonOptions } from './options.ts';
import { painter, printable } from './text.ts';
import { addBatch } from './verbs/batch.ts';
import { addCancel } from './verbs/cancel.ts';
import { addCompletion } from './verbs/completion.ts';
import { addConformance } from './verbs/conformance.ts';
import { addDefinitions } from './verbs/definitions.ts';
import { addDoctor } from './verbs/doctor.ts';
import { addGet } from './verbs/get.ts';
import { addGraph } from './verbs/graph.ts';
import { addList } from './verbs/list.ts';
import { addLogs } from './verbs/logs.ts';
import { addMigrate } from './verbs/migrate.ts';
import { addPause } from './verbs/pause.ts';
import { addQueues } from './verbs/queues.ts';
import { addRedrive } from './verbs/redrive.ts';
import { addResume } from './verbs/resume.ts';
import { addRetry } from './verbs/retry.ts';
import { addRun } from './verbs/run.ts';
import { addSignal } from './verbs/signal.ts';
import { addSubmit } from './verbs/submit.ts';
import { addWatch } from './verbs/watch.ts';
import { addWhy } from './verbs/why.ts';
import { addWorkers } from './verbs/workers.ts';

const exitCodeHelp = `
Exit codes: 0 done, 1 the run did not succeed, 2 wrong usage, 3 not reachable, 4 not found, 5 refused by state or a limit.`;

/** Runs one command line. Resolves to what the process should end with; never rejects. */
export async function runCli(args: readonly string[], cli: Cli): Promise<number> {
  let exitCode: number = exitCodes.done;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  try {
    const program = buildProgram(cli, setExitCode);
    await addServingVerbs(program, args, cli, setExitCode);
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    // Commander has said what is wrong already.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    return report(thrown, cli);
  }
}

function buildProgram(cli: Cli, setExitCode: SetExitCode): Command {
  const program = new Command('holdfast')
    .description('Durable tasks and workflows on AWS Lambda, DynamoDB and SQS.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: cli.out,
      writeErr: cli.err,
      outputError: (text, write) => write(text.replace(/^error: /, 'InvalidArgument: ')),
    })
    .showHelpAfterError('hint: holdfast --help lists the verbs, holdfast <verb> --help their options.')
    .addHelpText('after', exitCodeHelp);
  addCommonOptions(program);
  addSubmit(program, cli, setExitCode);
  addRun(program, cli, setExitCode);
  addBatch(program, cli);
  addGet(program, cli);
  addWhy(program, cli);
  addGraph(program, cli);
  addLogs(program, cli);
  addList(program, cli);
  addWatch(program, cli, setExitCode);
  addSignal(program, cli);
  addCancel(program, cli, setExitCode);
  addPause(program, cli, setExitCode);
  addResume(program, cli, setExitCode);
  addRetry(program, cli, setExitCode);
  addWorkers(program, cli);
  addQueues(program, cli);
  addRedrive(program, cli);
  addDefinitions(program, cli);
  addDoctor(program, cli, setExitCode);
  addMigrate(program, cli, setExitCode);
  addConformance(program, cli, setExitCode);
  addCompletion(program, cli);
  return program;
}

/** What serves takes a second to load: only whoever names it waits for it. The others see it in the help. */
async function addServingVerbs(
  program: Command,
  args: readonly string[],
  cli: Cli,
  setExitCode: SetExitCode,
): Promise<void> {
  if (args.includes('dev')) (await import('./verbs/dev.ts')).addDev(program, cli, setExitCode);
  else program.command('dev').summary('run Holdfast on this machine');
  if (args.includes('worker')) (await import('./verbs/worker.ts')).addWorker(program, cli);
  else program.command('worker').summary('run tasks in this process');
}

function report(thrown: unknown, cli: Cli): number {
  const error =
    thrown instanceof HoldfastError
      ? thrown
      : new HoldfastError('InternalError', thrown instanceof Error ? thrown.message : String(thrown), {
          hint: 'This is a defect of Holdfast, not of what was asked.',
        });
  const paint = painter(cli.color.err);
  cli.err(`${paint('red', error.code)}: ${printable(error.message)}\n`);
  cli.err(`${paint('dim', 'hint:')} ${printable(error.hint)}\n`);
  return exitCodeOf(error.code);
}
