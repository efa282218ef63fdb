import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadTaskModule, taskModuleUrl, taskNames } from '../../lib/local/task-module.ts';

async function moduleOf(source: string): Promise<URL> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-tasks-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'tasks.mjs');
  await writeFile(path, source);
  return taskModuleUrl(path);
}

test('loads a module and names its tasks', async () => {
  const url = new URL('./fixtures/tasks.ts', import.meta.url);
  expect(taskNames(await loadTaskModule(url))).toEqual(['echo', 'hangs', 'pauses', 'spins', 'where-am-i']);
});

test('a missing file is TasksNotLoaded, naming it', async () => {
  await expect(loadTaskModule(taskModuleUrl('/nonexistent/tasks.ts'))).rejects.toMatchObject({
    code: 'TasksNotLoaded',
    message: expect.stringContaining('/nonexistent/tasks.ts'),
  });
});

test.each([
  ['throws', "throw new RangeError('half done')", 'RangeError: half done'],
  ['throws no error', "throw 'half done'", 'half done'],
  ['imports what is not there', "import './gone.mjs'", 'gone.mjs'],
])('a module that %s is TasksNotLoaded, with its reason', async (_, source, reason) => {
  await expect(loadTaskModule(await moduleOf(source))).rejects.toMatchObject({
    code: 'TasksNotLoaded',
    message: expect.stringContaining(reason),
  });
});

test('a module without a task is NoTasks, naming the file', async () => {
  await expect(loadTaskModule(await moduleOf('export const nothing = 1;'))).rejects.toMatchObject({
    code: 'NoTasks',
    message: expect.stringContaining('tasks.mjs'),
  });
});
