import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli } from '../../lib/cli/program.ts';
import { createClient } from '../../lib/client/create-client.ts';
import { createHttpClient } from '../../lib/client/http-client.ts';
import type { Run } from '../../lib/client/run-view.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';
import { clientConfig } from '../support/test-table.ts';
import * as tasks from './large-payloads-tasks.ts';

vi.setConfig({ testTimeout: 60_000 });

const mega = 1_000_000;
const timeout = '40s' as const;
let directory: string;
let runtime: LocalRuntime;
/** As the bucket has it, without a signature: nobody checks one here. */
let bucket: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-large-'));
  runtime = await startLocal({
    tasks: fileURLToPath(new URL('./large-payloads-tasks.ts', import.meta.url)),
    port: 0,
    workers: 2,
    settings: { discoveryPeriod: '500ms' },
  });
  bucket = `${runtime.endpoints.s3}/${runtime.env.HOLDFAST_PAYLOAD_BUCKET}`;
});
afterAll(async () => {
  await runtime.close();
  await rm(directory, { recursive: true });
});

async function keysOf({ id }: { readonly id: string }): Promise<string[]> {
  const listing = await (await fetch(bucket)).text();
  return [...listing.matchAll(/<Key>([^<]+)<\/Key>/g)]
    .map(([, key = '']) => key)
    .filter((key) => key.split('/').includes(id));
}

async function eachObject(run: { readonly id: string }, init: RequestInit): Promise<void> {
  const keys = await keysOf(run);
  expect(keys).not.toHaveLength(0);
  for (const key of keys) expect((await fetch(`${bucket}/${key}`, init)).ok).toBe(true);
}

describe('a value of megabytes', () => {
  it('is the input and the output of a task', async () => {
    const value = { text: 'ä€😀"\\\n'.repeat(300_000), last: [undefined, 1] };
    expect(Buffer.byteLength(value.text)).toBeGreaterThan(3.5 * mega);
    const run = await runtime.client.submit(tasks.echo, value);
    expect(await runtime.client.result(run, { timeout })).toStrictEqual(value);
    const keys = await keysOf(run);
    // The same value, needed for different times.
    expect(keys.map((key) => key.split('/')[0]).sort()).toEqual(['keep-35-days', 'keep-500-days']);
    expect(new Set(keys.map((key) => key.split('/').at(-1))).size).toBe(1);
    expect(await runtime.client.wait(run)).toMatchObject({ input: value, output: value });
  });

  it('goes from step to step of a workflow, and into a join', async () => {
    const run = await runtime.client.submit(tasks.passing, mega);
    expect(await runtime.client.result(run, { timeout })).toBe(`${mega + 1} ${'x'.repeat(mega)}yy`);
    const { nodes } = await runtime.client.get(run);
    expect(nodes?.find(({ id }) => id === 'make')).toMatchObject({ outputBytes: mega + 2 });
  });

  it('comes from a child run', async () => {
    const run = await runtime.client.submit(tasks.parent, mega);
    expect(await runtime.client.result(run, { timeout })).toBe(mega);
  });

  it('comes from a run that it depends on, also one that has ended', async () => {
    const first = await runtime.client.submit(tasks.make, mega);
    const early = await runtime.client.submit(tasks.dependencyLengths, null, { dependsOn: [first] });
    expect(await runtime.client.result(early, { timeout })).toEqual([mega]);
    const late = await runtime.client.submit(tasks.dependencyLengths, null, { dependsOn: [first] });
    expect(await runtime.client.result(late, { timeout })).toEqual([mega]);
    expect(await keysOf(late)).toEqual([expect.stringMatching(/^keep-1000-days\//)]);
  });

  it('comes as a signal', async () => {
    const run = await runtime.client.submit(tasks.signalled, null);
    await runtime.client.signal(run, 'text', 'x'.repeat(mega));
    expect(await runtime.client.result(run, { timeout })).toBe(mega);
  });

  it('is a checkpoint', async () => {
    const run = await runtime.client.submit(tasks.resuming, mega);
    expect(await runtime.client.result(run, { timeout })).toBe(mega);
    expect(await keysOf(run)).toEqual([expect.stringMatching(/^keep-100-days\//)]);
  });

  it('goes along when a failed run is tried again, and stays when that one is deleted', async () => {
    const file = join(directory, 'go');
    const failed = await runtime.client.submit(tasks.failing, { file, size: mega });
    expect(await runtime.client.wait(failed, { timeout })).toMatchObject({ status: 'failed' });
    await writeFile(file, '');
    const again = await runtime.client.retry(failed);
    expect(await keysOf(again)).toEqual([expect.stringMatching(/^keep-1000-days\//)]);
    expect(await runtime.client.result(again, { timeout })).toBe(mega);
    await eachObject(failed, { method: 'DELETE' });
    const { nodes } = await runtime.client.get(again);
    expect(nodes?.find(({ id }) => id === 'made')).toMatchObject({ outputBytes: expect.any(Number) });
    expect(await keysOf(again)).toHaveLength(1);
  });

  it('takes the place of the input of a run that is tried again', async () => {
    const file = join(directory, 'never');
    const failed = await runtime.client.submit(tasks.guarded, { file, text: 'short' });
    expect(await runtime.client.wait(failed, { timeout })).toMatchObject({ status: 'failed' });
    const present = join(directory, 'present');
    await writeFile(present, '');
    const input = { file: present, text: 'x'.repeat(mega) };
    const again = await runtime.client.retry(failed, { input });
    expect(await runtime.client.result(again, { timeout })).toBe(mega);
    // The same again finds the run that it made.
    expect(await runtime.client.retry(failed, { input })).toMatchObject({ id: again.id, created: false });
  });

  it('is left out of what is delivered, with its length', async () => {
    const run = await runtime.client.submit(tasks.make, mega, { deliverTo: [{ queue: 'results' }] });
    await runtime.client.wait(run, { timeout });
    const sqs = new SQSClient(clientConfig({ name: 'local', url: runtime.endpoints.sqs }));
    const { Messages: [message] = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl: runtime.endpoints.resultsQueueUrl, WaitTimeSeconds: 20 }),
    );
    sqs.destroy();
    const { data } = JSON.parse(message?.Body ?? '') as { data: object };
    expect(data).toMatchObject({ id: run.id, outputBytes: mega + 2 });
    expect(data).not.toHaveProperty('output');
  });
});

describe('where many runs are shown, and over HTTP', () => {
  it('it is left out, with its length', async () => {
    const run = await runtime.client.submit(tasks.echo, 'x'.repeat(3 * mega));
    await runtime.client.wait(run, { timeout });
    const http = createHttpClient({ url: runtime.url });
    const length = { inputBytes: 3 * mega + 2, outputBytes: 3 * mega + 2 };
    const { runs } = await runtime.client.list({ status: 'succeeded', name: 'echo' });
    for (const view of [runs.find(({ id }) => id === run.id), await http.get(run.id)]) {
      expect(view).toMatchObject({ status: 'succeeded', input: undefined, output: undefined, ...length });
    }
    await expect(http.result(run.id)).rejects.toMatchObject({ code: 'OutputTooLarge' });
    expect(await http.result((await runtime.client.submit(tasks.make, 2 * mega)).id, { timeout })).toBe(
      'x'.repeat(2 * mega),
    );
  });

  it('it is left out while a run is watched, and shown by what follows one run to its end', async () => {
    const length = 350_002;
    const states: Run[] = [];
    for await (const state of runtime.client.watch(await runtime.client.submit(tasks.make, 349_000)))
      states.push(state);
    expect(states.at(-1)).toMatchObject({ status: 'succeeded', output: 'x'.repeat(349_000) });
    const large = await runtime.client.submit(tasks.make, length - 2);
    for await (const state of runtime.client.watch(large)) states.push(state);
    expect(states.at(-1)).toMatchObject({ status: 'succeeded', outputBytes: length, output: undefined });
    let out = '';
    const code = await runCli(['run', 'make', '--input', `${mega}`, '--url', runtime.url], {
      out: (text) => {
        out += text;
      },
      err: () => {},
      env: {},
      color: { out: false, err: false },
      clock: systemClock,
      readStdin: async () => '',
      readFile: async () => '',
    });
    expect([code, out.includes('x'.repeat(mega))]).toEqual([0, true]);
  });

  it('of an execution it is left out, and said to be', async () => {
    const request = { workflowId: 'w', functionName: 'make' };
    const large = await runtime.client.execute({ ...request, parameters: 3 * mega });
    await runtime.client.wait(large, { timeout });
    expect(await runtime.client.execution(large.id)).toMatchObject({
      success: true,
      result: null,
      error: expect.stringContaining(`has ${3 * mega + 2} bytes`),
      errorType: 'OutputTooLarge',
    });
    const shown = await runtime.client.execute({ ...request, parameters: 2 * mega });
    await runtime.client.wait(shown, { timeout });
    const { error, result } = await runtime.client.execution(shown.id);
    expect([error, result]).toEqual([null, 'x'.repeat(2 * mega)]);
  });
});

describe('an object', () => {
  it('that is gone: the run is shown without it, and no attempt reads it', async () => {
    const done = await runtime.client.submit(tasks.make, mega);
    await runtime.client.wait(done, { timeout });
    await eachObject(done, { method: 'DELETE' });
    await expect(runtime.client.result(done)).rejects.toMatchObject({ code: 'PayloadMissing' });
    const shown = { status: 'succeeded', outputBytes: mega + 2, outputLost: true };
    expect(await runtime.client.get(done)).toMatchObject(shown);
    const answer = await fetch(`${runtime.url}/runs/${done.id}`);
    expect([answer.status, await answer.json()]).toMatchObject([200, shown]);
    const waiting = await runtime.client.submit(tasks.readOnce, 'x'.repeat(mega), { delay: '2s' });
    await eachObject(waiting, { method: 'DELETE' });
    await expect
      .poll(() => runtime.client.get(waiting, { valueBytesMax: 0 }), { timeout: 30_000 })
      .toMatchObject({ status: 'failed', error: { code: 'PayloadMissing' } });
    expect(await runtime.client.get(waiting)).toMatchObject({ inputBytes: mega + 2, inputLost: true });
    await expect(runtime.client.retry(waiting)).rejects.toMatchObject({ code: 'PayloadMissing' });
    const again = await runtime.client.retry(waiting, { input: 'short' });
    expect(await runtime.client.wait(again, { timeout })).toMatchObject({ status: 'succeeded' });
  });

  it('that holds something else is not taken for the value, at once and for good', async () => {
    const waiting = await runtime.client.submit(tasks.lengthOf, 'x'.repeat(mega), { delay: '2s' });
    await eachObject(waiting, { method: 'PUT', body: JSON.stringify('another') });
    expect(await runtime.client.get(waiting)).toMatchObject({ inputLost: true });
    await expect
      .poll(() => runtime.client.get(waiting, { valueBytesMax: 0 }), { timeout: 30_000 })
      .toMatchObject({ status: 'failed', attempt: 1, error: { code: 'PayloadDamaged' } });
  });
});

describe('without a bucket', () => {
  const withoutBucket = () => createClient({ env: { ...runtime.env, HOLDFAST_PAYLOAD_BUCKET: '' }, tasks });

  it('values of 350 KB are the largest', async () => {
    const client = withoutBucket();
    const run = await client.submit(tasks.lengthOf, 'x'.repeat(349_000));
    expect(await client.result(run, { timeout })).toBe(349_000);
    expect(await keysOf(run)).toEqual([]);
    await expect(client.submit(tasks.lengthOf, 'x'.repeat(400_000))).rejects.toMatchObject({
      code: 'PayloadTooLarge',
      hint: expect.stringContaining('HOLDFAST_PAYLOAD_BUCKET'),
    });
  });

  it('what lies in one is not read, and says why', async () => {
    const run = await runtime.client.submit(tasks.make, mega);
    await runtime.client.wait(run, { timeout });
    const found = withoutBucket().result(run);
    await expect(found).rejects.toMatchObject({ code: 'MissingSetting', field: 'HOLDFAST_PAYLOAD_BUCKET' });
  });
});
