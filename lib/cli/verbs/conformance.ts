import type { Command } from 'commander';
import { type Duration, parseDuration } from '../../model/duration.ts';
import type { Cli, SetExitCode } from '../cli.ts';
import { exitCodes } from '../exit-codes.ts';
import { durationOption, openSession } from '../options.ts';
import { printable } from '../text.ts';

interface Given {
  readonly patience: Duration;
}

export function addConformance(program: Command, cli: Cli, setExitCode: SetExitCode): void {
  program
    .command('conformance')
    .argument('<program>', 'the executor, behind --')
    .argument('[arguments...]')
    .summary('check an executor of tasks in another language')
    .description(
      'Starts an executor of tasks, as externalTasks does, and checks that it keeps to docs/external-executor.md.',
    )
    .option(
      '--patience <duration>',
      'how long each answer may take',
      durationOption('--patience'),
      '10s' as Duration,
    )
    .action(async (executor: string, args: string[], { patience }: Given, command: Command) => {
      const { paint, print } = openSession(command, cli);
      const { conformance } = await import('../../external/conformance/conformance.ts');
      const counts = { passed: 0, failed: 0 };
      const patienceMs = parseDuration(patience, '--patience');
      for await (const result of conformance({ command: executor, args }, patienceMs)) {
        counts[result.passed ? 'passed' : 'failed'] += 1;
        const verdict = result.passed ? paint('green', 'ok  ') : paint('red', 'FAIL');
        const detail = result.detail === undefined ? '' : `\n     ${printable(result.detail)}`;
        print(result, () => `${verdict} ${result.name}${detail}\n`);
      }
      print(counts, () => `${counts.passed} passed, ${counts.failed} failed\n`);
      if (counts.failed > 0) setExitCode(exitCodes.runFailed);
    });
}
