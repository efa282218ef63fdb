import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocal } from 'holdfast/local';
import { fileReport } from './pipeline.ts';

/** `npm run example -- [DIRECTORY] [REPORT]`: the pipeline on an embedded runtime of its own, and what it made. */
const [directory = '.', report = 'holdfast-report.json'] = parseArgs({ allowPositionals: true }).positionals;

await using runtime = await startLocal({ tasks: new URL('../tasks.ts', import.meta.url), port: 0 });
const run = await runtime.client.submit(fileReport, {
  directory: resolve(directory),
  report: resolve(report),
});
const finished = await runtime.client.wait(run, { timeout: '10m' });
for (const { id, status, iteration, attempt } of finished.nodes ?? []) {
  const rounds = iteration === undefined ? '' : `, ${iteration} times round`;
  console.log(`${id.padEnd(36)} ${status}${rounds}${attempt > 1 ? `, attempt ${attempt}` : ''}`);
}
if (finished.status === 'succeeded') console.log(finished.output);
else {
  console.error(finished.status, finished.error?.message ?? '');
  process.exitCode = 1;
}
