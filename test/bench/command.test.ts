import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Report } from '../../bench/run.ts';

it('prints the figures of threads beside their targets, and writes all samples', {
  timeout: 180_000,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
  try {
    const json = join(directory, 'report.json');
    const main = new URL('../../bench/main.ts', import.meta.url).pathname;
    const args = ['--conditions=holdfast-source', main, '--quick', '--only', 'threads', '--json', json];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const rows = [
      /^bare postMessage round trip +\S+ ms +\S+ ms +\S+ ms *$/m,
      /^spawn, warm +.* 0\.5 ms (yes|no ) +0\.1 ms (yes|no ) +\S+ \(\S+\) × bare postMessage round trip$/m,
      /^spawns, many at once +\S+\/s .* 200\/s (yes|no ) +10,000\/s (yes|no )/m,
      /^cancel of a busy loop +\S+ ms .* 10 ms (yes|no ) +10 ms (yes|no )/m,
      /^pool start +\S+ ms .* 5 ms (yes|no ) +5 ms (yes|no )/m,
      /^first result of a cold thread +\S+ ms/m,
    ];
    for (const row of rows) expect(stdout).toMatch(row);
    const report = JSON.parse(await readFile(json, 'utf8')) as Report;
    expect(report).toMatchObject({ size: 'quick', repetitions: 5, machine: { node: process.version } });
    const figures = report.groups.flatMap((group) => group.figures);
    expect(figures).toHaveLength(rows.length);
    for (const { max, median, min, samples } of figures) {
      expect(samples).toHaveLength(5);
      expect(samples.every((sample) => sample > 0)).toBe(true);
      expect(min <= median && median <= max).toBe(true);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});
