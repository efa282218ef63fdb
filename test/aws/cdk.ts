import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { endpoint } from './endpoint.ts';

const run = promisify(execFile);

export const stackName = 'HoldfastTest';

const testContext = {
  stackName,
  tasks: 'test/aws/tasks.ts',
  removalPolicy: 'destroy',
  // An update may end what runs without telling the poller, which then waits for the function's timeout.
  executorTimeout: '25',
  pools: JSON.stringify({ bulk: { tags: ['bulk'], timeout: 25, maxConcurrency: 2, lanes: ['high'] } }),
};

/** Runs the CDK's command against the endpoint under test, as a user of an emulator does. */
async function cdklocal(...args: string[]): Promise<string> {
  const env = { ...process.env, AWS_ENDPOINT_URL_S3: endpoint() };
  try {
    const { stdout, stderr } = await run('npx', ['--no-install', 'cdklocal', ...args], {
      env,
      maxBuffer: 64 * 1024 * 1024,
    });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`cdklocal ${args[0]} failed:\n${stdout.slice(-3_000)}\n${stderr.slice(-6_000)}`);
  }
}

/** Into a directory of its own: it synthesizes the app without bundling. */
export const bootstrap = (directory: string) => cdklocal('bootstrap', '--output', directory);

/** Bundles and synthesizes the stack, for `deploy` and `diff` to use as it is. */
export function synth(directory: string, context: Record<string, string>): Promise<string> {
  const given = { ...testContext, ...context };
  const flags = Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return cdklocal('synth', '--quiet', '--output', directory, ...flags);
}

export interface Outputs {
  readonly ApiUrl: string;
  readonly TableName: string;
  readonly Pools: string;
  readonly PayloadBucket: string;
}

export async function deploy(directory: string): Promise<Outputs> {
  const file = `${directory}/outputs.json`;
  await cdklocal('deploy', '--app', directory, '--require-approval', 'never', '--outputs-file', file);
  return (JSON.parse(readFileSync(file, 'utf8')) as Record<typeof stackName, Outputs>)[stackName];
}

/** Rejects when there are differences. */
export const diff = (directory: string) => cdklocal('diff', '--app', directory, '--fail');

export const destroy = (directory: string) => cdklocal('destroy', '--app', directory, '--force');
