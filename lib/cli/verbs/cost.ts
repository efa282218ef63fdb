import { type Command, InvalidArgumentError, Option } from 'commander';
import type { EstimateOptions } from '../../cost/estimate.ts';
import { isPriced } from '../../cost/prices.ts';
import { parseDuration } from '../../model/duration.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';
import { costTable, estimateTable } from '../show-cost.ts';

/** What is only asked for beforehand. */
const beforehand = [
  'runs',
  'steps',
  'memory',
  'duration',
  'batch',
  'payload',
  'arch',
] as const satisfies (keyof EstimateOptions)[];

export function addCost(program: Command, cli: Cli): void {
  const command = program
    .command('cost')
    .argument('[id]', 'the id of a run')
    .summary('show what a run has cost, or what runs will cost')
    .description(
      'Shows what a run has asked of AWS, by its submission and nodes, and what that costs at list prices. Without an id: what runs will cost, played in memory, without any stack.',
    )
    .option('--runs <count>', 'how many runs, such as 1e6', amount)
    .option('--steps <count>', 'steps of a run under one lease (default: 1, a single task)', amount)
    .option('--memory <MB>', 'of the executor (default: 256)', amount)
    .option('--duration <time>', 'what a handler takes (default: 1ms)', (text) =>
      parseDuration(text, '--duration'),
    )
    .option('--batch <count>', 'messages that come together, to 10 (default: 10)', amount)
    .option(
      '--payload <size>',
      'of the input and each output as JSON, such as 500B or 2KB (default: 10B)',
      bytes,
    )
    .option('--region <name>', 'whose prices (default: that of AWS_REGION if they are known, else us-east-1)')
    .addOption(new Option('--arch <name>', 'of the executor (default: arm64)').choices(['arm64', 'x86_64']));
  command.action(async (id: string | undefined, given: EstimateOptions) => {
    const region = given.region ?? (isPriced(cli.env.AWS_REGION) ? cli.env.AWS_REGION : undefined);
    const { client, inTenant, paint, print } = openSession(command, cli);
    if (id !== undefined) {
      refuse(command, given);
      const cost = await client.cost(id, { ...inTenant, ...(region !== undefined && { region }) });
      return print(cost, () => costTable(cost, paint));
    }
    // It brings the worker along, which no other verb needs.
    const { estimate } = await import('../../cost/estimate.ts');
    const estimated = await estimate({ ...given, ...(region !== undefined && { region }) });
    print(estimated, () => estimateTable(estimated, paint));
  });
}

function refuse(command: Command, given: EstimateOptions): void {
  const [option] = beforehand.filter((name) => given[name] !== undefined);
  if (option !== undefined)
    command.error(`error: --${option} is for what runs will cost: leave it out, or the id`, { exitCode: 2 });
}

/** As people write large numbers: `1e6`, `1000000`, `1_000_000`. */
function amount(text: string): number {
  const digits = text.replaceAll('_', '');
  const number = /^\d+(\.\d+)?(e\d{1,2})?$/i.test(digits) ? Number(digits) : Number.NaN;
  if (!Number.isInteger(number)) throw new InvalidArgumentError('It must be a whole number, such as 1e6.');
  return number;
}

const unitBytes = { B: 1, KB: 1_000, MB: 1_000_000 } as const;

function bytes(text: string): number {
  const [, number, unit = 'B'] = /^(\d{1,9})\s*(B|KB|MB)?$/i.exec(text) ?? [];
  if (number === undefined) throw new InvalidArgumentError('It must be a size, such as 500B, 2KB or 1MB.');
  return Number(number) * unitBytes[unit.toUpperCase() as keyof typeof unitBytes];
}
