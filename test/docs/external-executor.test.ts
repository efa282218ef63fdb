import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { taskNames } from '../../lib/external/conformance/checks.ts';
import { contextFields, fromExecutor, lineBytesMax, protocolVersion } from '../../lib/external/wire.ts';
import { errorHints } from '../../lib/model/errors.ts';

const page = await readFile(new URL('../../docs/external-executor.md', import.meta.url), 'utf8');

/** The code of a page's table rows, by their first column. */
const firstColumn = (heading: string) => {
  const section = page.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map((row) => row[1]);
};

it('the page lists the messages that an executor writes, and no others', () => {
  const types = firstColumn('What the executor writes').filter((each) => each !== 'type');
  expect(types).toHaveLength(fromExecutor.options.length);
  expect(new Set(types)).toEqual(new Set(fromExecutor.options.map(({ shape }) => shape.type.value)));
});

it('the page names every field of the context, and codes that there are', () => {
  const context = page.split('The context, as handlers have it')[1]?.split('\n\n')[0] ?? '';
  const named = [...context.matchAll(/`(\w+)`/g)].map((match) => match[1]);
  expect(named.sort()).toEqual([...contextFields, 'remainingMs'].sort());
  const codes = [...page.matchAll(/`(External\w+)`/g)].map((match) => match[1] ?? '');
  expect(codes.length).toBeGreaterThan(3);
  for (const code of codes) expect(errorHints).toHaveProperty(code);
});

it('the page says the version, the longest line and the tasks of the checks', () => {
  expect(page).toContain(`"protocol":${protocolVersion},`);
  expect(page).toContain(`A line has at most ${lineBytesMax / 1_024 / 1_024} MiB.`);
  expect(firstColumn('Conformance').sort()).toEqual([...taskNames].sort());
});
