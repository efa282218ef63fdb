import { createHttpClient } from 'holdfast';
import { afterEach, expect, it } from 'vitest';
import { findDynoxide } from '../../lib/local/dynoxide.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import * as tasks from './tasks.ts';

const hasTransactions = (await findDynoxide()) !== undefined;

const opened: LocalRuntime[] = [];
afterEach(async () => {
  for (const runtime of opened.splice(0)) await runtime.close();
});

async function open(settings: NonNullable<Parameters<typeof startLocal>[0]['settings']>) {
  const runtime = await startLocal({
    tasks,
    port: 0,
    settings: { discoveryPeriod: '1h', heartbeat: '10m', ...settings },
  });
  opened.push(runtime);
  return runtime;
}

it('a tenant that asks too often is told so, counted in the table by every process alike', async () => {
  const { requestCounts, url } = await open({ requestRate: 5 });
  const ask = (tenant: string) => fetch(`${url}/runs/none`, { headers: { 'x-holdfast-tenant': tenant } });
  const before = requestCounts();
  const began = Date.now();
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask('a')));
  const seconds = Math.floor(Date.now() / 1_000) - Math.floor(began / 1_000) + 1;
  const welcome = answers.filter(({ status }) => status === 404);
  const refused = answers.filter(({ status }) => status === 429);
  expect(welcome.length + refused.length).toBe(60);
  expect(welcome.length).toBeGreaterThanOrEqual(5);
  expect(welcome.length).toBeLessThanOrEqual(5 * seconds);
  for (const answer of refused) expect(answer.headers.get('retry-after')).toBe('1');
  expect((await ask('b')).status).toBe(404);
  const writes = (requestCounts()['dynamodb:UpdateItem'] ?? 0) - (before['dynamodb:UpdateItem'] ?? 0);
  expect(writes).toBeGreaterThanOrEqual(welcome.length);
});

it('whoever has begun to wait for a run over HTTP is not put off by a limit on requests', async () => {
  const { client, url } = await open({ requestRate: 1 });
  const run = await client.submit(tasks.echo, { n: 1 }, { delay: '500ms' });
  // The first look spends the second; those after it, 50 ms on, are refused until the next.
  expect(await createHttpClient({ url }).result(run, { timeout: '20s' })).toEqual({ n: 1 });
});

it.runIf(hasTransactions)(
  'no more runs of a tenant are open than may be, however many are submitted at once',
  async () => {
    const { url } = await open({ openRuns: 5 });
    const client = createHttpClient({ url });
    const submit = (tenant: string, delay: '0s' | '1h', n = 0) =>
      client.submit(tasks.echo, { n }, { tenant, delay }).catch((error: unknown) => error);
    const submitted = (count: number, tenant: string) =>
      Promise.all(Array.from({ length: count }, (_, n) => submit(tenant, '1h', n)));
    const refusals = (answers: readonly unknown[]) => answers.filter((answer) => answer instanceof Error);
    const [first, other] = await Promise.all([submitted(20, 'a'), submitted(3, 'b')]);
    expect(refusals(first)).toHaveLength(15);
    for (const refusal of refusals(first)) expect(refusal).toMatchObject({ code: 'TooManyRuns' });
    expect(refusals(other)).toEqual([]);
    const accepted = first.filter((answer) => !(answer instanceof Error)) as { id: string; tenant: string }[];
    await Promise.all(accepted.slice(0, 2).map((run) => client.cancel(run)));
    expect(refusals(await submitted(4, 'a'))).toHaveLength(2);

    // Executors give places back, too: of five there are four left, and twelve runs.
    await submit('c', '1h');
    for (let n = 0; n < 12; n += 1) {
      const run = await untilAccepted(() => submit('c', '0s', n));
      await client.result(run, { timeout: '20s' });
    }
  },
);

/** A run is seen to have ended a moment before it leaves. */
async function untilAccepted(submit: () => Promise<unknown>): Promise<{ id: string; tenant: string }> {
  let answer: unknown;
  await expect
    .poll(async () => (answer = await submit()), { timeout: 10_000 })
    .toMatchObject({ id: expect.any(String) });
  return answer as { id: string; tenant: string };
}
