import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);

it('ends with how many histories were played and broken', { timeout: 60_000 }, async () => {
  const { stdout } = await sim('--seeds', '30', '--from', '7');
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('histories 30 violations 0');
});

it('replays one history, with its trace', { timeout: 60_000 }, async () => {
  const { stdout } = await sim('--seeds', '1', '--from', '7', '--runs', '2', '--keep', 'none', '--trace');
  expect(stdout).toMatch(/^seed 7: 2 runs, 0 faults, trace [0-9a-f]{64}$/m);
  expect(stdout).toMatch(/^\d+ executor-1 runs\.apply\(claim\)$/m);
});

it('refuses what is no number', async () => {
  await expect(sim('--seeds', 'many')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('whole number'),
  });
});

function sim(...options: readonly string[]) {
  const main = new URL('../../lib/testing/simulation/main.ts', import.meta.url).pathname;
  return run(process.execPath, ['--conditions=holdfast-source', main, ...options]);
}
