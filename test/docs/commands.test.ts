import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startLocal } from '../../lib/local/index.ts';

const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

it('the commands of the README are those of the examples, and do what it says', async () => {
  const readme = await read('README.md');
  const example = await read('examples/commands.ts');
  expect(readme).toContain(`\`\`\`ts\n${example}\`\`\`\n`);
  const [, input = ''] = /submit look --input '([^']+)'/.exec(readme) ?? [];
  const tasks = await import('../../examples/commands.ts');
  await using runtime = await startLocal({ tasks, port: 0 });
  const run = await runtime.client.submitByName('look', JSON.parse(input));
  const lines = (await read('examples/order.ts')).split('\n').length - 1;
  expect(await runtime.client.result(run, { timeout: '15s' })).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(new RegExp(`^\\s*${lines} order\\.ts\\n$`)),
  });
});
