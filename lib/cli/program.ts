import { Command } from 'commander';
import { version } from '../version.ts';
import { checkNode } from '../version-of-node.ts';
import type { Cli, SetExitCode } from './cli.ts';
import { exitCodes } from './exit-codes.ts';
import { addCommonOptions } from './options.ts';
import { isForPrograms, report, usageHint } from './report.ts';
import { addBatch } from './verbs/batch.ts';
import { addCancel } from './verbs/cancel.ts';
import { addCompletion } from './verbs/completion.ts';
import { addConformance } from './verbs/conformance.ts';
import { addCost } from './verbs/cost.ts';
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
Exit codes: 0 done, 1 the run did not succeed, 2 wrong usage, 3 not reachable, 4 not found, 5 refused by state or a limit.
With --json an error is one document on standard error: {"error":{"code","message","field","hint"}}.`;

/** Runs one command line. Resolves to what the process should end with; never rejects. */
export async function runCli(args: readonly string[], cli: Cli): Promise<number> {
  let exitCode: number = exitCodes.done;
  const setExitCode = (code: number) => {
    exitCode = code;
  };
  try {
    checkNode(cli.nodeVersion ?? process.version);
    const program = buildProgram(cli, setExitCode, isForPrograms(args));
    await addServingVerbs(program, args, cli, setExitCode);
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (thrown) {
    return report(thrown, args, cli);
  }
}

function buildProgram(cli: Cli, setExitCode: SetExitCode, isQuiet: boolean): Command {
  const err = isQuiet ? () => {} : cli.err;
  const program = new Command('holdfast')
    .description('Durable tasks and workflows on AWS Lambda, DynamoDB and SQS.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: cli.out,
      writeErr: err,
      outputError: (text, write) => write(text.replace(/^error: /, 'InvalidArgument: ')),
    })
    .showHelpAfterError(`hint: ${usageHint}`)
    .addHelpText('after', exitCodeHelp);
  addCommonOptions(program);
  addSubmit(program, cli, setExitCode);
  addRun(program, cli, setExitCode);
  addBatch(program, cli);
  addGet(program, cli);
  addWhy(program, cli);
  addGraph(program, cli);
  addLogs(program, cli);
  addCost(program, cli);
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
  if (args.includes('dashboard')) (await import('./verbs/dashboard.ts')).addDashboard(program, cli);
  else program.command('dashboard').summary('show a stack in the browser');
  if (args.includes('worker')) (await import('./verbs/worker.ts')).addWorker(program, cli);
  else program.command('worker').summary('run tasks in this process');
}
