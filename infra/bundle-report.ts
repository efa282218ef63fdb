import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

/*
 * Prints of each synthesized function the size of its bundle, and how long a fresh node process takes to import it:
 * what a cold start waits for, apart from Lambda itself. `npm run synth` calls it after `cdk synth`.
 */
interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}
interface Resource {
  readonly Type: string;
  readonly Properties?: { readonly Environment?: { readonly Variables?: Readonly<Record<string, unknown>> } };
  readonly Metadata?: Readonly<Record<string, unknown>>;
}

const assembly = process.argv[2] ?? 'cdk.out';
const stackName = process.argv[3] ?? 'Holdfast';
const repetitions = 5;

const template: Template = JSON.parse(readFileSync(`${assembly}/${stackName}.template.json`, 'utf8'));
const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(0)} KB`.padStart(8);

for (const resource of Object.values(template.Resources)) {
  if (resource.Type !== 'AWS::Lambda::Function') continue;
  const asset = String(resource.Metadata?.['aws:asset:path']);
  const name = String(resource.Metadata?.['aws:cdk:path']).split('/').at(-3) ?? asset;
  const bundle = resolve(assembly, asset, 'index.mjs');
  const times = Array.from({ length: repetitions }, () => importMs(bundle)).sort((a, b) => a - b);
  const median = times[Math.floor(repetitions / 2)] ?? Number.NaN;
  const files = readdirSync(dirname(bundle), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name, parentPath }) => readFileSync(join(parentPath, name)));
  const size = (sizeOf: (file: Buffer) => number) =>
    kilobytes(files.reduce((sum, file) => sum + sizeOf(file), 0));
  console.log(
    `${name.padEnd(12)} ${size(({ length }) => length)} ${size((file) => gzipSync(file).length)} gzipped   imported in ${median.toFixed(0)} ms`,
  );
}

/** With an environment as Lambda gives it, so that the handler is made, clients included. */
function importMs(bundle: string): number {
  const script = `const from = performance.now(); await import(${JSON.stringify(pathToFileURL(bundle).href)}); console.log(performance.now() - from)`;
  const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
    env: {
      AWS_REGION: 'us-east-1',
      HOLDFAST_TABLE: 'table',
      HOLDFAST_POOLS: '{"default":{"lanes":{"normal":"https://sqs.us-east-1.amazonaws.com/0/queue"}}}',
      POWERTOOLS_METRICS_NAMESPACE: 'Holdfast',
      POWERTOOLS_SERVICE_NAME: 'holdfast',
    },
  });
  return Number(printed.trim());
}
