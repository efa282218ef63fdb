import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { startCli } from './run.ts';

const executor = fileURLToPath(new URL('../external/fixtures/executor.js', import.meta.url));

vi.setConfig({ testTimeout: 60_000 });

it('checks an executor, and says what it found', async () => {
  const { code, err, out } = await startCli().run(`conformance -- ${process.execPath} ${executor}`);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  expect(out).toMatch(/^(ok {3}.+\n){13}13 passed, 0 failed\n$/);
});

it('names what is wrong, and fails', async () => {
  const { code, out } = await startCli().run(`conformance -- ${process.execPath} ${executor} version`);
  expect(code).toBe(1);
  expect(out).toContain('FAIL says hello first, with its version and tasks\n     its protocol is 2, not 1\n');
  expect(out).toContain('\n12 passed, 1 failed\n');
});

it('prints a line of JSON per check', async () => {
  const { out } = await startCli().run('conformance --json -- no-such-program');
  const lines = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines[0]).toMatchObject({ passed: false, detail: expect.stringContaining('ENOENT') });
  expect(lines.at(-1)).toEqual({ passed: 0, failed: 13 });
});

it('needs an executor', async () => {
  expect(await startCli().run('conformance')).toMatchObject({ code: 2 });
  expect(await startCli().run('conformance --patience soon -- x')).toMatchObject({ code: 2 });
});
