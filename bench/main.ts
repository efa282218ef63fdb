import { readFile, writeFile } from 'node:fs/promises';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { painter } from '../lib/cli/text.ts';
import { chartOf } from './chart/chart.ts';
import { countAll } from './counted/counts.ts';
import { groupNames, groupsOf } from './groups.ts';
import { growths } from './growth/all.ts';
import { reportText } from './print.ts';
import { type Report, runBench } from './run.ts';

/*
 * npm run bench -- [--quick] [--only GROUP …] [--endpoint URL] [--json FILE] [--chart FILE]: measures and prints; it
 * judges no figure by its exit code, because machines are noisy.
 */
interface Options {
  readonly chart?: string;
  readonly endpoint?: string;
  readonly from?: string;
  readonly json?: string;
  readonly only?: readonly string[];
  readonly quick?: true;
}

const [growthName, countedName] = ['growth', 'counted'] as const;
const program = new Command('npm run bench --')
  .description('Measures Holdfast, and prints each figure beside what it is held against.')
  .option('--quick', 'little work a sample, and no growth unless asked for: an answer in a minute or two')
  .addOption(
    new Option('--only <group...>', 'these groups alone').choices([...groupNames, countedName, growthName]),
  )
  .option('--endpoint <url>', 'of a DynamoDB, instead of the one of the embedded runtime')
  .option('--from <file>', 'measure nothing: show what --json wrote')
  .option('--json <file>', 'write all samples there, too')
  .option('--chart <file>', 'draw the figures there, as SVG')
  .parse();
const options = program.opts<Options>();

const isTerminal = process.stderr.isTTY;
const say = (progress: string) => {
  process.stderr.write(isTerminal ? `\r\u001b[K${progress}` : `${progress}\n`);
};

const report = options.from === undefined ? await measured(options) : await read(options.from);
if (isTerminal) say('');
const showsColor = styleText('red', 'x', { stream: process.stdout }) !== 'x';
process.stdout.write(reportText(report, painter(showsColor)));
if (options.json !== undefined) await writeFile(options.json, `${JSON.stringify(report, null, 2)}\n`);
if (options.chart !== undefined) await writeFile(options.chart, chartOf(report));
if (report.failed.length > 0) process.exitCode = 1;

async function measured({ endpoint, only, quick }: Options): Promise<Report> {
  const groups = groupsOf(endpoint).filter(({ name }) => only?.includes(name) ?? true);
  const isGrowthWanted = only?.includes(growthName) ?? !quick;
  const chosen = {
    groups,
    counts: async () => (only?.includes(countedName) === false ? [] : await countAll(endpoint)),
    growths: isGrowthWanted ? growths(endpoint) : [],
  };
  return await runBench(chosen, quick ? 'quick' : 'full', say);
}

async function read(file: string): Promise<Report> {
  return JSON.parse(await readFile(file, 'utf8')) as Report;
}
