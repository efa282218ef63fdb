import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

const readme = () => readFile(new URL('../../README.md', import.meta.url), 'utf8');

let runtime: LocalRuntime;
beforeAll(async () => {
  const tasks = new URL('../../examples/tasks.ts', import.meta.url);
  // A worker hears of a cancel when it renews its lease.
  runtime = await startLocal({ tasks, port: 0, settings: { lease: '3s' } });
});
afterAll(() => runtime.close());

/** What each command of the block prints, by its first words. */
async function played(): Promise<(command: string) => string> {
  const [, block = ''] = /## With curl alone\n\n```sh\n([\s\S]*?)```/.exec(await readme()) ?? [];
  const lines = block.replace('http://127.0.0.1:3000', runtime.url).split('\n');
  // A mark before each line tells their outputs apart.
  const script = lines.flatMap((line, at) => (line === '' ? [] : [`echo '§${at}'`, line])).join('\n');
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-e', '-o', 'pipefail', '-c', script], {
    timeout: 50_000,
  });
  const outputs = new Map(
    stdout.split('§').map((part) => [Number.parseInt(part, 10), part.slice(part.indexOf('\n') + 1).trim()]),
  );
  return (command) => {
    const at = lines.findIndex((line) => line.startsWith(command));
    expect(at, command).toBeGreaterThanOrEqual(0);
    return outputs.get(at) ?? '';
  };
}

it('a user with curl alone submits, watches, reads, lists and cancels as the README says', async () => {
  const output = await played();
  const states = [...output('curl -sN $api/runs/$RUN/events  ').matchAll(/^data: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data ?? '').status,
  );
  expect(states.at(-1)).toBe('succeeded');
  const run = JSON.parse(output('curl -s $api/runs/$RUN'));
  expect(run).toMatchObject({ task: 'echo', status: 'succeeded', output: { hello: 'world' } });
  expect(JSON.parse(output('curl -s "$api/runs?status'))).toMatchObject({ runs: [{ id: run.id }] });
  expect(JSON.parse(output('post /runs/$RUN/cancel'))).toMatchObject({
    task: 'sleep',
    cancel: { mode: 'abort', by: 'me', reason: 'too long' },
  });
  expect(output('curl -sN $api/runs/$RUN/events | grep')).toBe('"status":"cancelled"');
});

it('what the README asks for by curl is what the API has', async () => {
  const document = (await (await fetch(`${runtime.url}/openapi.json`)).json()) as { paths: object };
  const paths = Object.keys(document.paths).map(
    (path) => new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`),
  );
  const text = await readme();
  const posted = [...text.matchAll(/^post (\/\S+) /gm)].map(([, path]) => path ?? '');
  const got = [...text.matchAll(/^curl -s\S* "?(?:http:\/\/127\.0\.0\.1:3000|\$api)([^\s"?|]+)/gm)].map(
    ([, path]) => path ?? '',
  );
  expect(posted.length + got.length).toBeGreaterThan(15);
  for (const path of [...posted, ...got])
    expect(
      paths.some((each) => each.test(path)),
      path,
    ).toBe(true);
});
