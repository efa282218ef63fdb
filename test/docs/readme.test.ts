import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { fileReport } from '../../examples/pipeline/pipeline.ts';
import { settingsMarkdown } from '../../lib/config/settings-markdown.ts';
import { graphOf } from '../../lib/define/graph/graph.ts';
import { toMermaid } from '../../lib/define/graph/mermaid.ts';
import { startLocal } from '../../lib/local/index.ts';

const readme = () => readFile(new URL('../../README.md', import.meta.url), 'utf8');

it('the README lists every setting as the code has it', async () => {
  expect(await readme()).toContain(`<!-- settings -->\n\n${settingsMarkdown()}\n\n<!-- /settings -->`);
});

it('the README shows the two commands', async () => {
  expect(await readme()).toContain('npm ci && npm start -- --demo');
  expect(await readme()).toContain('npm ci && npm test');
});

it('every test that the feature table names exists', async () => {
  const table = await readFile(new URL('../features.md', import.meta.url), 'utf8');
  const named = [...table.matchAll(/`((?:test|examples)\/[^` ]+\.ts)`/g)].map((match) => match[1] ?? '');
  expect(named.length).toBeGreaterThan(10);
  for (const path of named) await readFile(new URL(`../../${path}`, import.meta.url));
});

it('the workflow of the README is the one of the examples, and does what it says', async () => {
  const file = new URL('../../examples/order.ts', import.meta.url);
  expect(await readme()).toContain(`\`\`\`ts\n${await readFile(file, 'utf8')}\`\`\`\n`);
  const inputs = [
    ...(await readme()).matchAll(/submit order --input '([^']+)'|"workflow":"order","input":(\{[^}]+\})/g),
  ];
  expect(inputs).toHaveLength(2);
  await using runtime = await startLocal({ tasks: await import(file.href), port: 0 });
  const outputs = inputs.map(async ([, submitted, posted]) => {
    const run = await runtime.client.submitByName('order', JSON.parse(submitted ?? posted ?? ''));
    return await runtime.client.result(run, { timeout: '15s' });
  });
  expect(await Promise.all(outputs)).toEqual(['arrived by truck', 'arrived by plane']);
});

it('the README draws the pipeline as the command does', async () => {
  expect(await readme()).toContain(`\`\`\`mermaid\n${toMermaid(graphOf(fileReport.shape))}\`\`\`\n`);
});
