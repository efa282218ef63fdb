import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { claim } from '../../examples/claim.ts';
import { VirtualSystem } from '../support/virtual-system.ts';

const dayMs = 86_400_000;

it('the README shows a workflow that waits, as it is here', async () => {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const code = await readFile(new URL('../../examples/claim.ts', import.meta.url), 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${code}\`\`\`\n`);
});

it('it pays what was approved, and what nobody looked at in two days', async () => {
  const system = new VirtualSystem({ claim });
  const { client, clock } = system;
  const approved = await client.submit(claim, { item: 'lamp', cents: 4900 });
  const unseen = await client.submit(claim, { item: 'desk', cents: 900 });
  for (const _ of [1, 2]) await client.signal(approved, 'approved', { by: 'ann' }, { id: 'mail-7' });
  await system.drive();
  expect(await client.get(approved)).toMatchObject({ status: 'succeeded', output: '4900 paid, says ann' });
  await clock.advance(dayMs);
  await system.discover();
  await system.drive();
  expect(await client.get(unseen)).toMatchObject({ status: 'waiting' });
  await clock.advance(dayMs);
  await system.discover();
  await system.drive();
  expect(await client.get(unseen)).toMatchObject({ status: 'succeeded', output: '900 paid, says nobody' });
});

it('it refuses what it does not wait for', async () => {
  const { client } = new VirtualSystem({ claim });
  const run = await client.submit(claim, { item: 'lamp', cents: 4900 });
  await expect(client.signal(run, 'approved', { by: 7 })).rejects.toMatchObject({ code: 'InvalidSignal' });
  await expect(client.signal(run, 'denied')).rejects.toMatchObject({ code: 'UnknownSignal' });
});
