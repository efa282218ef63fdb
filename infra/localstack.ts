import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/*
 * npm run localstack:deploy [-- CDK OPTIONS]   deploys the stack to an emulator
 * npm run test:localstack                      runs the tests of the deployed stack against it
 *
 * The emulator is what AWS_ENDPOINT_URL names, else what answers on port 4566, else LocalStack by docker compose. One
 * that was started for the tests is stopped after them.
 */
const endpointDefault = 'http://127.0.0.1:4566';

const env: NodeJS.ProcessEnv = {
  AWS_REGION: 'us-east-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_EC2_METADATA_DISABLED: 'true',
  CDK_DISABLE_CLI_TELEMETRY: '1',
  CDK_DISABLE_VERSION_CHECK: '1',
  ...process.env,
};

function run(command: string, args: readonly string[], quiet = false): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: quiet ? 'ignore' : 'inherit' });
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 1));
  });
}

async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
  return response !== undefined;
}

/** Names the endpoint to everything that follows; resolves to whether it was started here, or undefined without one. */
async function findEmulator(): Promise<{ started: boolean } | undefined> {
  const given = env.AWS_ENDPOINT_URL;
  const endpoint = given || endpointDefault;
  env.AWS_ENDPOINT_URL = endpoint;
  env.AWS_ENDPOINT_URL_S3 = env.AWS_ENDPOINT_URL_S3 || endpoint;
  if (await answers(endpoint)) return { started: false };
  if (given) {
    console.error(`EndpointUnreachable: nothing answers at ${given}, which AWS_ENDPOINT_URL names`);
    return undefined;
  }
  if ((await run('docker', ['info'], true)) !== 0) {
    console.error(
      `EndpointUnreachable: nothing answers at ${endpointDefault}, and there is no Docker to start LocalStack`,
    );
    console.error('hint: start Docker, or name an emulator in AWS_ENDPOINT_URL');
    return undefined;
  }
  const code = await run('docker', ['compose', 'up', '--detach', '--wait']);
  return code === 0 ? { started: true } : undefined;
}

async function deploy(options: readonly string[]): Promise<number> {
  // Bootstrapping synthesizes without bundling: into a directory of its own.
  const output = mkdtempSync(join(tmpdir(), 'holdfast-bootstrap-'));
  const bootstrapped = await run('npx', ['--no-install', 'cdklocal', 'bootstrap', '--output', output]);
  rmSync(output, { recursive: true, force: true });
  if (bootstrapped !== 0) return bootstrapped;
  return run('npx', ['--no-install', 'cdklocal', 'deploy', '--require-approval', 'never', ...options]);
}

async function test(): Promise<number> {
  return run('npx', [
    '--no-install',
    'vitest',
    'run',
    '--config',
    'test/aws/vitest.config.ts',
    '--root',
    '.',
  ]);
}

const [verb, ...options] = process.argv.slice(2);
const emulator = await findEmulator();
if (emulator === undefined) {
  process.exitCode = 1;
} else if (verb === 'deploy') {
  process.exitCode = await deploy(options);
} else {
  process.exitCode = await test();
  if (emulator.started) await run('docker', ['compose', 'down', '--volumes'], true);
}
