import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Report } from '../../bench/run.ts';
import { findDynoxide } from '../../lib/local/dynoxide.ts';

/** What the command prints, and the report that it writes. */
async function run(...only: string[]): Promise<{ stdout: string; report: Report }> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    const json = join(directory, 'report.json');
    const main = new URL('../../bench/main.ts', import.meta.url).pathname;
    const args = ['--conditions=holdfast-source', main, '--quick', '--only', ...only, '--json', json];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return { stdout, report: JSON.parse(await readFile(json, 'utf8')) as Report };
  } finally {
    await rm(directory, { recursive: true });
  }
}

it('prints the figures of threads beside their targets, and writes all samples', {
  timeout: 180_000,
}, async () => {
  const { report, stdout } = await run('threads');
  const rows = [
    /^bare postMessage round trip +\S+ ms +\S+ ms +\S+ ms *$/m,
    /^spawn, warm +.* 0\.5 ms (yes|no ) +0\.1 ms (yes|no ) +\S+ \(\S+\) × bare postMessage round trip$/m,
    /^spawns, many at once +\S+\/s .* 200\/s (yes|no ) +10,000\/s (yes|no )/m,
    /^cancel of a busy loop +\S+ ms .* 10 ms (yes|no ) +10 ms (yes|no )/m,
    /^pool start +\S+ ms .* 5 ms (yes|no ) +5 ms (yes|no )/m,
    /^first result of a cold thread +\S+ ms/m,
  ];
  for (const row of rows) expect(stdout).toMatch(row);
  expect(report).toMatchObject({ size: 'quick', repetitions: 5, machine: { node: process.version } });
  const figures = report.groups.flatMap((group) => group.figures);
  expect(figures).toHaveLength(rows.length);
  for (const { max, median, min, samples } of figures) {
    expect(samples).toHaveLength(5);
    expect(samples.every((sample) => sample > 0)).toBe(true);
    expect(min <= median && median <= max).toBe(true);
  }
  expect(report).toMatchObject({ counted: [], growth: [] });
});

// The other emulator has no transactions.
it.runIf(await findDynoxide())(
  'counts what a task, a step and a fork take, exactly',
  {
    timeout: 180_000,
  },
  async () => {
    const { report, stdout } = await run('counted');
    expect(report.groups).toEqual([]);
    const alone = { writes: 3, tableUnits: 3, indexUnits: 3, reads: 0, sqsRequests: expect.closeTo(1.2) };
    const [task, together, step, late, fork] = report.counted;
    expect(task?.usage).toMatchObject(alone);
    // In one transaction a write counts twice.
    expect(together?.usage).toMatchObject({ ...alone, tableUnits: 4, sqsRequests: expect.closeTo(0.3) });
    expect(step?.usage).toMatchObject({ writes: 1, tableUnits: 1, indexUnits: 0, reads: 0, sqsRequests: 0 });
    expect(late?.usage.writes).toBeLessThan(1.25);
    expect(fork?.usage.writes).toBeLessThanOrEqual(25);
    const goals = report.counted.flatMap((each) => each.goals);
    expect(goals.filter(({ most, value }) => value > most + 1e-9)).toEqual([]);
    expect(stdout).toMatch(/^a further step +1 +1 +0 +0 +0 +0\.63 +writes ≤ 1 yes; SQS requests ≤ 0 yes$/m);
  },
);
