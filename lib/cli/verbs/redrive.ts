import type { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { printable } from '../text.ts';

export function addRedrive(program: Command, cli: Cli): void {
  program
    .command('redrive')
    .argument('<pool>', 'the name of a pool, as `holdfast queues` shows it')
    .summary('send dead letters back to their queues')
    .description(
      'Sends the dead letters of a pool back to its queues. SQS may go on moving them when this has ended.',
    )
    .action(async (given: string, _options: object, command: Command) => {
      const { client, print } = openSession(command, cli);
      const redrive = await client.redrive(given);
      const { messages, pool } = redrive;
      const letters = messages === 1 ? '1 dead letter is' : `${messages} dead letters are`;
      print(redrive, () => `${printable(pool)}: about ${letters} on their way back\n`);
    });
}
