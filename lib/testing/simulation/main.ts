import { Command, InvalidArgumentError } from 'commander';
import { playCampaign } from './campaign.ts';
import { shrink } from './shrink.ts';
import { type Simulation, simulate } from './simulate.ts';

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly runs?: number;
  readonly keep?: readonly number[];
  readonly trace?: boolean;
  readonly json?: boolean;
}

const shrunkMax = 3;

const program = new Command('sim')
  .description('Plays seeded histories of runs, workers, discovery and clients with faults, and checks each.')
  .option('--seeds <n>', 'how many histories', wholeNumber, 1_000)
  .option('--from <seed>', 'the first seed', wholeNumber, 1)
  .option('--runs <n>', 'replay: how many runs are submitted', wholeNumber)
  .option('--keep <numbers>', 'replay: the faults to deal out, `none` for none of them', faultNumbers)
  .option('--trace', 'replay: print what happens')
  .option('--json', 'print the table of faults as JSON')
  .parse();
const options = program.opts<Options>();
const isReplay = options.runs !== undefined || options.keep !== undefined || options.trace;
process.exitCode = (await (isReplay ? replay(options) : play(options))) > 0 ? 1 : 0;

/** @returns the number of broken histories */
async function play({ from, json, seeds }: Options): Promise<number> {
  const campaign = await playCampaign({ from, count: seeds }, ({ histories, violations }) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${histories} histories, ${violations.length} broken`);
  });
  if (process.stderr.isTTY) process.stderr.write('\n');
  if (json) console.log(JSON.stringify(campaign.hits));
  else console.table(campaign.hits);
  for (const { seed } of campaign.violations.slice(0, shrunkMax)) {
    const { keep, runs, simulation } = await shrink(seed);
    report(simulation);
    console.log(
      `replay: npm run sim -- --seeds 1 --from ${seed} --runs ${runs} --keep ${keep.join() || 'none'} --trace`,
    );
  }
  const others = campaign.violations.slice(shrunkMax).map(({ seed }) => seed);
  if (others.length > 0) console.log(`also broken: ${others.join(', ')}`);
  const days = Math.round(campaign.simulatedMs / 86_400_000);
  console.log(`${campaign.runs} runs, ${days} simulated days`);
  console.log(`histories ${campaign.histories} violations ${campaign.violations.length}`);
  return campaign.violations.length;
}

async function replay({ from, keep, runs, seeds, trace }: Options): Promise<number> {
  let broken = 0;
  for (let seed = from; seed < from + seeds; seed++) {
    const simulation = await simulate(seed, {
      ...(runs !== undefined && { runs }),
      ...(keep && { keep: new Set(keep) }),
      ...(trace && { onTrace: (line: string) => console.log(line) }),
    });
    report(simulation);
    if (simulation.broken.length > 0) broken += 1;
  }
  console.log(`histories ${seeds} violations ${broken}`);
  return broken;
}

function report({ broken, faults, runs, seed, traceHash }: Simulation): void {
  console.log(`seed ${seed}: ${runs} runs, ${faults.length} faults, trace ${traceHash}`);
  for (const { actor, kind, number, step } of faults)
    console.log(`  fault ${number}: ${kind} at ${step} of ${actor}`);
  for (const each of broken) console.log(`  broken: ${each}`);
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('It must be a whole number.');
  return number;
}

function faultNumbers(text: string): number[] {
  return text === 'none' ? [] : text.split(',').map(wholeNumber);
}
