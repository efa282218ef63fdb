import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runCli } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { defineTask, defineWorkflow } from '../../lib/index.ts';
import { startLocal } from '../../lib/local/index.ts';

const one = defineTask({ name: 'one', input: z.number(), run: (n) => n });
const two = defineTask({ name: 'two', input: z.number(), run: (n) => n });
const gone = defineTask({ name: 'gone', input: z.number(), run: (n) => n });
const flow = defineWorkflow('flow', { input: z.number() }).step(one).delay('later', '1h').step(two).build();
const steady = defineWorkflow('steady', { input: z.number() }).delay('later', '1h').step(two).build();

/** What is to be deployed: `flow` has another shape, `gone` is not there. */
const next = `
import { defineTask, defineWorkflow } from 'holdfast';
import * as z from 'zod';
const input = z.number();
export const one = defineTask({ name: 'one', input, run: (n) => n + 1 });
export const two = defineTask({ name: 'two', input, timeout: '1m', run: (n) => n });
export const flow = defineWorkflow('flow', { input }).step(two).delay('later', '1h').build();
export const steady = defineWorkflow('steady', { input }).delay('later', '1h').step(two).build();
`;

describe('holdfast migrate --dry-run, before a deployment', () => {
  let directory: string;
  let runtime: Awaited<ReturnType<typeof startLocal>>;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-migrate-'));
    await writeFile(join(directory, 'next.ts'), next);
    runtime = await startLocal({ tasks: { one, two, gone, flow, steady }, port: 0, logLevel: 'silent' });
  });
  afterAll(async () => {
    await runtime.close();
    await rm(directory, { recursive: true, force: true });
  });

  const migrate = async (...args: string[]) => {
    let out = '';
    let err = '';
    const code = await runCli(['migrate', ...args, '--url', runtime.url], {
      out: (text) => {
        out += text;
      },
      err: (text) => {
        err += text;
      },
      env: {},
      color: { out: false, err: false },
      clock: systemClock,
      readStdin: async () => '',
      readFile: async () => '',
    });
    return { code, out, err };
  };
  const dryRun = (...args: string[]) => migrate('--dry-run', '--tasks', join(directory, 'next.ts'), ...args);

  it('says that nothing is open', async () => {
    expect(await dryRun()).toEqual({ code: 0, err: '', out: 'no open runs\n' });
  });

  it('names what would be left behind, and what goes on, of each state', async () => {
    const { client } = runtime;
    const flows = [await client.submit(flow, 1), await client.submit(flow, 2)];
    await client.submit(steady, 1);
    const paused = await client.submit(gone, 1, { delay: '1h' });
    await client.pause(paused);
    const done = await client.submit(one, 1);
    await client.wait(done);
    await client.submit(one, 1, { delay: '1h' });
    const { code, out } = await dryRun('--json');
    expect(code).toBe(5);
    const { definitions } = JSON.parse(out) as { definitions: { examples: string[]; name: string }[] };
    expect(definitions).toMatchObject([
      { name: 'flow', runs: 2, obstacle: 'DefinitionMismatch' },
      { name: 'gone', runs: 1, obstacle: 'TaskNotFound', examples: [paused.id] },
      { name: 'one', runs: 1 },
      { name: 'steady', runs: 1 },
    ]);
    expect(definitions[0]?.examples.toSorted()).toEqual(flows.map(({ id }) => id).toSorted());
    expect(definitions.slice(2).every((each) => !('obstacle' in each))).toBe(true);
    const text = await dryRun();
    expect(text.code).toBe(5);
    expect(text.out).toMatch(/^flow +\w+ +2 +DefinitionMismatch /m);
    expect(text.out).toContain('Export these shapes beside the new ones');
  });

  it('does nothing else, and needs a module', async () => {
    expect(await migrate('--tasks', 'next.ts')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--dry-run'),
    });
    expect(await migrate('--dry-run')).toMatchObject({ code: 2, err: expect.stringContaining('--tasks') });
    expect(await migrate('--dry-run', '--tasks', join(directory, 'none.ts'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('TasksNotLoaded'),
    });
  });
});
