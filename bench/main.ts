import { writeFile } from 'node:fs/promises';
import { styleText } from 'node:util';
import { Command, Option } from 'commander';
import { painter } from '../lib/cli/text.ts';
import { groupNames, groupsOf } from './groups.ts';
import { reportText } from './print.ts';
import { runBench } from './run.ts';

/*
 * npm run bench -- [--quick] [--only GROUP …] [--endpoint URL] [--json FILE]: measures and prints; it judges nothing by its exit code, because machines
 * are noisy.
 */
const program = new Command('npm run bench --')
  .description('Measures Holdfast, and prints each figure beside what it is held against.')
  .option('--quick', 'little work a sample: an answer in seconds')
  .addOption(new Option('--only <group...>', 'these groups alone').choices(groupNames))
  .option('--endpoint <url>', 'of a DynamoDB, instead of the one of the embedded runtime')
  .option('--json <file>', 'write all samples there, too')
  .parse();
const { endpoint, json, only, quick } = program.opts<{
  endpoint?: string;
  json?: string;
  only?: string[];
  quick?: true;
}>();

const isTerminal = process.stderr.isTTY;
const say = (progress: string) => {
  process.stderr.write(isTerminal ? `\r\u001b[K${progress}` : `${progress}\n`);
};
const chosen = groupsOf(endpoint).filter(({ name }) => only?.includes(name) ?? true);
const report = await runBench(chosen, quick ? 'quick' : 'full', say);
if (isTerminal) say('');
const showsColor = styleText('red', 'x', { stream: process.stdout }) !== 'x';
process.stdout.write(reportText(report, painter(showsColor)));
if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
