import { expect, it } from 'vitest';
import { reportText } from '../../bench/print.ts';
import { sampleReport } from './sample-report.ts';

const lines = reportText(sampleReport, (_style, text) => text).split('\n');
const lineOf = (start: string) => lines.find((line) => line.startsWith(start));

it('shows a multiple with its spread and its aim', () => {
  expect(lineOf('own <task>')).toMatch(/ 5 \(1–20\) × floor, aim 4 no$/);
  expect(lineOf('rival')).toMatch(/ 10 \(1–20\) × floor$/);
});

it('says what was left out, and how to have it', () => {
  expect(lines).toContain('skipped: BullMQ: redis-server not installed (apt-get install redis-server)');
});

it('holds counts against their aims, whatever binary makes of a tenth', () => {
  expect(lineOf('a task')).toMatch(/ 3 +3 +3 +0 +0\.3 +4\.23 +SQS requests ≤ 0\.3 yes; writes ≤ 2 no$/);
});

it('shows what grows, and what grows faster than it may', () => {
  expect(lines).toContain('Growth: a chain');
  expect(lineOf('STEPS')).toMatch(/ 10 +1,000 +MAY GROW +OVER THAT$/);
  expect(lineOf('a run')).toMatch(/ 2 ms +600 ms +with the work +3 × faster$/);
});

it('says what has failed', () => {
  expect(lines).toContain('failed: a loop: Error: it broke');
});

it('says on which machine, and how busy it was', () => {
  expect(lines.at(-2)).toBe('Medians of 2 rounds, quick. Node v24.0.0, 2 × a processor, load 0.5 to 1.');
});
