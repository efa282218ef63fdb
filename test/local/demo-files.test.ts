import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findFiles } from '../../lib/local/demo/files.ts';

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-files-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

test('finds each regular file once, though a link leads back', async () => {
  const root = await temporaryDirectory();
  await mkdir(join(root, 'below', 'deeper'), { recursive: true });
  for (const path of ['b', 'a', 'below/deeper/c', '.hidden']) await writeFile(join(root, path), path);
  await symlink('.', join(root, 'self'));
  await symlink('a', join(root, 'linked'));
  expect(await findFiles(root)).toEqual({
    files: ['a', 'b', 'below/deeper/c'].map((path) => join(root, path)),
    skipped: [],
  });
});

// Other file systems refuse such names.
test.runIf(process.platform === 'linux')('reports names that are not UTF-8 as skipped', async () => {
  const root = await temporaryDirectory();
  await writeFile(join(root, 'a'), 'a');
  await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x62, 0xff])]), 'b');
  expect(await findFiles(root)).toEqual({
    files: [join(root, 'a')],
    skipped: [`${join(root, 'b\ufffd')}: its name is not UTF-8`],
  });
});

test('takes the files of this checkout when no directory is named', async () => {
  const { files } = await findFiles();
  expect(files).toContain(import.meta.filename);
  expect(new Set(files).size).toBe(files.length);
});
