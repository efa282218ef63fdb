import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { settingsMarkdown } from '../../lib/config/settings-markdown.ts';

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
