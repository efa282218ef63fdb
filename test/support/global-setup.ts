import type { TestProject } from 'vitest/node';
import { startDynamoDb } from '../../lib/local/dynamodb-server.ts';
import { findDynoxide } from '../../lib/local/dynoxide.ts';
import { startSqs } from '../../lib/local/sqs-server.ts';
import { type Endpoint, optionalEndpoints } from './endpoints.ts';

/**
 * Starts what `npm ci` installs: dynoxide and dynalite for DynamoDB, fauxqs for SQS and S3. The others are started by whoever
 * gives their URLs. What is missing is said once, so that a run shows what it did not try.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const hasDynoxide = (await findDynoxide()) !== undefined;
  if (!hasDynoxide) skip('dynoxide', `no binary for ${process.platform}-${process.arch} is installed`);
  const engines = hasDynoxide ? (['dynoxide', 'dynalite'] as const) : (['dynalite'] as const);
  const [sqs, ...servers] = await Promise.all([
    startSqs(),
    ...engines.map((engine) => startDynamoDb({ engine })),
  ]);
  const given = givenEndpoints();
  project.provide('endpoints', {
    dynamodb: [...servers.map(({ engine, url }) => ({ name: engine, url })), ...given.dynamodb],
    sqs: [{ name: 'fauxqs', url: sqs.url }, ...given.sqs],
    s3: [{ name: 'fauxqs', url: sqs.url }, ...given.s3],
  });
  return async () => {
    await Promise.all([sqs, ...servers].map((server) => server.close()));
  };
}

function givenEndpoints(): Record<'dynamodb' | 'sqs' | 's3', Endpoint[]> {
  const given = { dynamodb: [] as Endpoint[], sqs: [] as Endpoint[], s3: [] as Endpoint[] };
  for (const { name, variable, serves } of optionalEndpoints) {
    const url = process.env[variable];
    if (!url) {
      skip(name, `${variable} is not set`);
      continue;
    }
    for (const service of serves) given[service].push({ name, url });
  }
  return given;
}

function skip(name: string, why: string): void {
  console.log(`skipped: ${name} (${why})`);
}
