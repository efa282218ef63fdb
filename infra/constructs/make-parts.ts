import { resolve } from 'node:path';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { defaultPool } from '../../lib/config/pools.ts';
import type { HoldfastProps } from '../props.ts';
import { poolsOf } from '../rules.ts';
import type { Parts, PoolParts } from './parts.ts';
import { PayloadBucket } from './payload-bucket.ts';
import { PoolQueues } from './pool-queues.ts';
import { RunTable } from './run-table.ts';

/** Makes what holds something: table, bucket and queues, where they are not given. */
export function makeParts(scope: Construct, props: HoldfastProps): Parts {
  const { encryptionKey: key, payloadBucket, removalPolicy, table: existing } = props;
  const runTable = new RunTable(scope, 'Runs', { existing, key, removalPolicy });
  const bucket =
    payloadBucket === false
      ? undefined
      : // The class differs from its interface only where properties may be given as undefined.
        ((payloadBucket ?? new PayloadBucket(scope, 'Payloads', { key, removalPolicy }).bucket) as IBucket);
  const pools = mapValues(poolsOf(props), (pool, name): PoolParts => {
    const queues = new PoolQueues(poolScope(scope, name), 'Doorbells', { key, pool });
    return { props: pool, queues };
  });
  const keys = [
    key,
    runTable.table.encryptionKey,
    bucket?.encryptionKey,
    ...Object.values(pools).map(({ queues }) => queues.deadLetterQueue.encryptionMasterKey),
  ].filter((each) => each !== undefined);
  return { scope, props, entry: resolve(props.entry), runTable, bucket, keys: [...new Set(keys)], pools };
}

/** The default pool's parts stand where those of the only pool stood: what is deployed keeps its identity. */
export function poolScope(scope: Construct, name: string): Construct {
  if (name === defaultPool) return scope;
  const id = `Pool-${name}`;
  const found = scope.node.tryFindChild(id);
  return found instanceof Construct ? found : new Construct(scope, id);
}

export const mapValues = <T, U>(
  record: Readonly<Record<string, T>>,
  change: (value: T, name: string) => U,
): Readonly<Record<string, U>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value, name)]));
