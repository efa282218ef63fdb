import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { entriesOf } from '../../examples/order-process/ledger.ts';
import { orderProcess } from '../../examples/order-process/tasks.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

vi.setConfig({ testTimeout: 60_000 });

let directory: string;
let ledger: string;
let runtime: LocalRuntime;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-orders-'));
  ledger = join(directory, 'ledger.jsonl');
  runtime = await startLocal({
    tasks: new URL('../../examples/order-process/tasks.ts', import.meta.url),
    port: 0,
    settings: { discoveryPeriod: '500ms' },
  });
});
afterAll(async () => {
  await runtime.close();
  await rm(directory, { recursive: true });
});

const submit = (id: string, cents: number) =>
  runtime.client.submit(orderProcess, { id, item: 'chair', cents, ledger });
const told = async (id: string) =>
  (await entriesOf(ledger, id)).map(({ amount, what }) => `${what} ${amount}`).sort();

describe('the order process', () => {
  it('ships a small order, with its invoice as a child run', async () => {
    const run = await submit('small', 5_000);
    expect(await runtime.client.result(run, { timeout: '40s' })).toEqual({
      status: 'shipped',
      invoice: 'invoice-small',
    });
    expect(await told('small')).toEqual(['charged 5000', 'invoiced 5000', 'reserved 1', 'shipped 1']);
  });

  it('has a large one approved', async () => {
    const run = await submit('large', 200_000);
    await runtime.client.signal(run, 'approval', { approved: true, by: 'ada' });
    expect(await runtime.client.result(run, { timeout: '40s' })).toMatchObject({ status: 'shipped' });
  });

  it.each([
    { id: 'refused', approval: { approved: false, by: 'ada' } },
    { id: 'lapsed', approval: undefined },
  ])('takes back what was done for one that is $id', async ({ approval, id }) => {
    const run = await submit(id, 300_000);
    if (approval) await runtime.client.signal(run, 'approval', approval);
    expect(await runtime.client.result(run, { timeout: '40s' })).toMatchObject({ status: 'taken back' });
    expect(await told(id)).toEqual(['charged 300000', 'refunded -300000', 'released -1', 'reserved 1']);
  });

  it('is shown by one command', async () => {
    const command = ['--conditions=holdfast-source', 'examples/order-process/main.ts'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { timeout: 50_000 });
    expect(stdout).toContain("{ status: 'shipped', invoice: 'invoice-approved' }");
    expect(stdout).toContain("{ status: 'taken back', invoice: 'none for lapsed' }");
  });
});
