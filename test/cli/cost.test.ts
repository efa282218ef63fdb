import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { Estimate } from '../../lib/cost/estimate.ts';
import { runCost, succeededRun } from '../api/fake-client.ts';
import { startCli } from './run.ts';

describe('holdfast cost <id>', () => {
  it('shows the parts of a run and their sum', async () => {
    const { client, run } = startCli();
    client.put(succeededRun(1));
    const { code, err, out } = await run('cost r1');
    expect([code, err]).toEqual([0, '']);
    const [head = '', ...lines] = out.trimEnd().split('\n');
    const cells = (line: string) => line.trim().split(/ {2,}/);
    expect(cells(head)).toEqual([
      'PART',
      'WRITES',
      'WRITE UNITS',
      'READS',
      'READ UNITS',
      'SQS',
      'S3',
      'LAMBDA',
      'GB-SECONDS',
      'DOLLARS',
    ]);
    expect(lines.map(cells)).toEqual([
      ['(submission)', '1', '2', '1', '0.000001650'],
      ['task', '3', '5', '1', '0.000003580'],
      ['total', '4', '7', '2', '0.000005230'],
      [''],
      ['List prices of us-east-1, November 2026, no free tier.'],
    ]);
    expect(JSON.parse((await run('cost r1 --json')).out)).toEqual(runCost);
  });

  it('asks for the prices of the region that is named, else of the own one', async () => {
    const { client, run } = startCli();
    client.put(succeededRun(1));
    await run('cost r1 --region eu-west-1');
    await run('cost r1 --tenant acme');
    expect(client.calls.filter(([verb]) => verb === 'cost')).toEqual([
      ['cost', 'r1', { region: 'eu-west-1' }],
      ['cost', 'r1', { tenant: 'acme' }],
    ]);
    const inRegion = async (AWS_REGION: string) => (await run('cost r1', { env: { AWS_REGION } })).out;
    expect(await inRegion('eu-central-1')).toContain('List prices of eu-central-1');
    expect(await inRegion('ap-south-2')).toContain('List prices of us-east-1');
  });

  it('says that a run goes on', async () => {
    const { client, run } = startCli();
    client.put(succeededRun(1));
    Object.assign(client, { cost: async () => ({ ...runCost, final: false }) });
    expect((await run('cost r1')).out).toContain('The run goes on: more will come.');
  });

  it.each([
    ['cost nobody', 4, /^NotFound: /],
    [
      'cost r1 --runs 5',
      2,
      /^InvalidArgument: --runs is for what runs will cost: leave it out, or the id\nhint: /,
    ],
  ])('%s', async (line, code, err) => {
    expect(await startCli().run(line)).toMatchObject({ code, out: '', err: expect.stringMatching(err) });
  });
});

describe('holdfast cost, beforehand', () => {
  it('shows dollars by service, their sum, and what comes beside', async () => {
    const { code, err, out } = await startCli().run('cost --runs 1e6');
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^DynamoDB writes +6,000,000 write units +3\.75$/m);
    expect(out).toMatch(/^SQS +1,200,000 requests +0\.48$/m);
    expect(out).toMatch(/^Lambda requests +100,000 requests +0\.02$/m);
    expect(out).toMatch(/^total of 1,000,000 runs +4\.25$/m);
    for (const beside of ['API front', 'storage for 30 days, table', 'logs of executors'])
      expect(out).toMatch(new RegExp(`^\\+ ${beside}`, 'm'));
    expect(out.trimEnd()).toMatch(/\n\nList prices of us-east-1, November 2026, no free tier\.$/);
  });

  it('is what the README shows', async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const [, shown = ''] = /\n(WHAT .*?\ntotal of [^\n]*)/s.exec(readme) ?? [];
    expect(shown.split('\n')).toHaveLength(6);
    expect((await startCli().run('cost --runs 1e6')).out).toContain(`${shown}\n`);
  });

  it('takes everything that it is told', async () => {
    const { run } = startCli();
    const estimated = async (options: string): Promise<Estimate> =>
      JSON.parse((await run(`cost --json ${options}`)).out);
    const plain = await estimated('');
    expect(plain.runs).toBe(1e6);
    const other = await estimated(
      '--runs 2_000 --steps 3 --memory 1024 --duration 2s --batch 1 --payload 20KB --arch x86_64 --region eu-west-1',
    );
    expect(other).toMatchObject({ runs: 2_000, region: 'eu-west-1' });
    expect(other.usage).toMatchObject({
      sqsRequests: 3,
      lambdaRequests: 1,
      armGigabyteSeconds: 0,
      s3Puts: 4,
    });
    expect(other.usage.x86GigabyteSeconds).toBeGreaterThan(6);
    expect(other.usage.x86GigabyteSeconds).toBeLessThan(7);
    expect(other.beside.map(({ what }) => what)).toContain('storage for 30 days, S3');
    expect((await run('cost --runs 1')).out).toContain('total of 1 run ');
  });

  it('needs no API, and takes the prices of the own region', async () => {
    const { run, urls } = startCli();
    const { out } = await run('cost --steps 2', { env: { AWS_REGION: 'eu-west-1' } });
    expect(out).toContain('List prices of eu-west-1');
    expect(urls).toEqual([]);
  });

  it.each([
    ['--runs 0', 'InvalidArgument', '--runs must be a whole number from 1 to'],
    ['--runs many', 'InvalidArgument', 'It must be a whole number, such as 1e6.'],
    ['--runs 1.5', 'InvalidArgument', 'It must be a whole number, such as 1e6.'],
    ['--runs -1', 'InvalidArgument', 'It must be a whole number, such as 1e6.'],
    ['--runs 1e99', 'InvalidArgument', '--runs must be'],
    ['--steps 501', 'InvalidArgument', '--steps must be a whole number from 1 to 500'],
    ['--memory 64', 'InvalidArgument', '--memory must be a whole number from 128 to 10240'],
    ['--duration 16m', 'InvalidArgument', '--duration must be a number from 0 to 900000'],
    ['--duration soon', 'InvalidDuration', '--duration is not a duration'],
    ['--batch 11', 'InvalidArgument', '--batch must be a whole number from 1 to 10'],
    ['--payload big', 'InvalidArgument', 'It must be a size, such as 500B, 2KB or 1MB.'],
    ['--payload 11MB', 'InvalidArgument', '--payload must be'],
    ['--payload 1B', 'InvalidArgument', '--payload must be'],
    ['--region mars', 'UnknownRegion', 'There are no prices of the region "mars"'],
    ['--arch riscv', 'InvalidArgument', 'arm64, x86_64'],
  ])('refuses %s', async (options, code, message) => {
    const { code: exit, err, out } = await startCli().run(`cost ${options}`);
    expect([exit, out]).toEqual([2, '']);
    expect(err).toMatch(new RegExp(`^${code}: `));
    expect(err).toContain(message);
    expect(err).toMatch(/\nhint: \S/);
    expect(err).not.toContain('    at ');
    const asJson = await startCli().run(`cost ${options} --json`);
    expect(JSON.parse(asJson.err)).toMatchObject({ error: { code } });
  });
});
