import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocal } from 'holdfast/local';
import { entriesOf } from './ledger.ts';
import { orderProcess } from './tasks.ts';

/** `npm run example:order`: three orders on an embedded runtime: a small one, one approved, one that nobody approves. */
const directory = await mkdtemp(join(tmpdir(), 'holdfast-orders-'));
const ledger = join(directory, 'ledger.jsonl');
const runtime = await startLocal({
  tasks: new URL('./tasks.ts', import.meta.url),
  port: 0,
  settings: { discoveryPeriod: '1s' },
});
try {
  const { client } = runtime;
  const order = (id: string, cents: number) => ({ id, item: 'chair', cents, ledger });
  const runs = await Promise.all([
    client.submit(orderProcess, order('small', 5_000)),
    client.submit(orderProcess, order('approved', 500_000)),
    client.submit(orderProcess, order('lapsed', 700_000)),
  ]);
  const [, approved] = runs;
  await client.signal(approved, 'approval', { approved: true, by: 'ada' });
  for (const run of runs) {
    const why = await client.why(run);
    console.log(`${run.id}  ${why.status}: ${why.message}`);
  }
  for (const run of runs) {
    const finished = await client.wait(run, { timeout: '2m' });
    console.log(
      `\n${run.id}  ${finished.status}`,
      finished.status === 'succeeded' ? finished.output : finished,
    );
    const { id } = run.input as { readonly id: string };
    for (const { amount, what } of await entriesOf(ledger, id)) console.log(`  ${what.padEnd(9)} ${amount}`);
    if (finished.status !== 'succeeded') process.exitCode = 1;
  }
} finally {
  await runtime.close();
  await rm(directory, { recursive: true });
}
