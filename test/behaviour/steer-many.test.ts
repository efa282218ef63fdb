import { createHttpClient, defineTask, type HttpClient } from 'holdfast';
import pMap from 'p-map';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { runCli } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

/* Many runs at once, by what they have in common: through HTTP, on a real table. */

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
const other = defineTask({ name: 'other', input: z.unknown(), run: (input) => input });

let runtime: LocalRuntime;
let http: HttpClient;
beforeAll(async () => {
  runtime = await startLocal({ tasks: { echo, other }, port: 0 });
  http = createHttpClient({ url: runtime.url });
});
afterAll(() => runtime.close());

const submitted = async (tenant: string, count: number) => {
  const numbers = Array.from({ length: count }, (_, n) => n);
  return await pMap(
    numbers,
    async (n) => (await http.submit(n % 3 === 0 ? other : echo, n, { tenant, delay: '1d' })).id,
    { concurrency: 8 },
  );
};
const statuses = async (tenant: string) =>
  (await http.list({ tenant, limit: 100 })).runs.map(({ status }) => status).sort();
const idsOf = (runs: readonly { id: string }[]) => runs.map(({ id }) => id).sort();

async function holdfast(line: string) {
  const said = { out: '', err: '' };
  const code = await runCli([...line.split(' '), '--url', runtime.url], {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    env: {},
    color: { out: false, err: false },
    clock: systemClock,
    readStdin: async () => '',
    readFile: async () => '',
  });
  return { code, ...said };
}

describe('runs by what they have in common', () => {
  it('are paused, resumed and cancelled; a dry run touches none', async () => {
    const ids = await submitted('acme', 12);
    const bystanders = await submitted('zeta', 2);
    const tenant = 'acme';
    const dry = (await http.pauseAll({ tenant }, { dryRun: true })).runs;
    expect(idsOf(dry)).toEqual([...ids].sort());
    expect(new Set(await statuses(tenant))).toEqual(new Set(['ready']));

    const paused = (await http.pauseAll({ tenant, name: 'echo' }, { by: 'me', reason: 'too warm' })).runs;
    expect(paused).toHaveLength(8);
    expect(new Set(paused.map(({ status }) => status))).toEqual(new Set(['paused']));
    expect(await http.get(paused[0]?.id ?? '', { tenant })).toMatchObject({
      status: 'paused',
      pause: { by: 'me', reason: 'too warm' },
    });
    expect((await http.resumeAll({ tenant, limit: 3 })).runs).toHaveLength(3);
    expect((await statuses(tenant)).filter((status) => status === 'paused')).toHaveLength(5);

    // What is paused is cancelled, too; what has a delay of its own is found by it.
    const soon = { tenant, until: new Date(Date.now() + 3_600_000).toISOString() };
    expect((await http.cancelAll({ ...soon, status: 'paused' })).runs).toHaveLength(5);
    const left = (await http.cancelAll({ tenant }, { mode: 'abort' })).runs;
    expect(left).toHaveLength(7);
    expect(new Set(await statuses(tenant))).toEqual(new Set(['cancelled']));
    expect((await http.cancelAll({ tenant })).runs).toEqual([]);
    expect(await statuses('zeta')).toEqual(bystanders.map(() => 'ready'));
  });

  it('are what the command line takes, too', async () => {
    const ids = await submitted('cli', 4);
    const dry = await holdfast('cancel --all --tenant cli --dry-run --json');
    expect(idsOf(JSON.parse(dry.out).runs)).toEqual([...ids].sort());
    expect((await holdfast('pause --all --tenant cli --name other')).out).toMatch(
      /^ID .*\n(.* other +paused.*\n){2}$/,
    );
    expect((await holdfast('pause --all --tenant cli --status ready')).out.match(/paused/g)).toHaveLength(2);
    expect((await holdfast('pause --all --tenant cli')).out).toBe('no runs\n');
    expect((await holdfast('resume --all --tenant cli')).code).toBe(0);
    expect((await holdfast('cancel --all --tenant cli --abort')).code).toBe(0);
    expect(await statuses('cli')).toEqual(Array.from({ length: 4 }, () => 'cancelled'));
  });

  it.each([
    ['cancel', 'No run is named'],
    ['cancel r1 --all', 'Both an id and --all are given'],
    ['pause r1 --name echo', '--name is for many runs'],
    ['resume r1 --dry-run', '--dry-run is for many runs'],
    ['cancel --all --limit 0', 'limit'],
    ['pause --all --status failed', '--status'],
  ])('are not %s', async (line, what) => {
    const { code, err } = await holdfast(line);
    expect(code).toBe(2);
    expect(err).toContain(what);
    expect(err).toMatch(/hint: /);
  });
});
