import { writeFile } from 'node:fs/promises';
import { styleText } from 'node:util';
import { Command } from 'commander';
import { painter } from '../lib/cli/text.ts';
import { groups } from './groups.ts';
import { reportText } from './print.ts';
import { runBench } from './run.ts';

/*
 * npm run bench -- [--quick] [--json FILE]: measures and prints; it judges nothing by its exit code, because machines
 * are noisy.
 */
const program = new Command('npm run bench --')
  .description('Measures Holdfast, and prints each figure beside what it is held against.')
  .option('--quick', 'little work a sample: an answer in seconds')
  .option('--json <file>', 'write all samples there, too')
  .parse();
const { json, quick } = program.opts<{ json?: string; quick?: true }>();

const isTerminal = process.stderr.isTTY;
const say = (progress: string) => {
  process.stderr.write(isTerminal ? `\r\u001b[K${progress}` : `${progress}\n`);
};
const report = await runBench(groups, quick ? 'quick' : 'full', say);
if (isTerminal) say('');
const showsColor = styleText('red', 'x', { stream: process.stdout }) !== 'x';
process.stdout.write(reportText(report, painter(showsColor)));
if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
