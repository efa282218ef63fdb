import { ArnFormat, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { envNames } from '../../lib/config/env.ts';
import { defaultPool, type Pools } from '../../lib/config/pools.ts';
import { settingVariable } from '../../lib/config/settings.ts';
import type { HoldfastOptions } from '../options.ts';
import type { DoorbellQueue } from './doorbell-queue.ts';
import type { RunTable } from './run-table.ts';

/** What every function works with. */
export interface StackParts {
  readonly runTable: RunTable;
  readonly doorbells: DoorbellQueue;
  readonly options: HoldfastOptions;
}

/** The pools as handlers and clients read them. */
export function poolsJson(scope: Construct, { doorbells }: StackParts): string {
  const pools: Pools = { [defaultPool]: { tags: [], lanes: { normal: doorbells.queue.queueUrl } } };
  return Stack.of(scope).toJsonString(pools);
}

/** The variables that every function reads. */
export function sharedEnvironment(scope: Construct, parts: StackParts): Record<string, string> {
  const { deliveryQueues, logLevel = 'info', storedCode, webhookSecretArn } = parts.options;
  return {
    [envNames.table]: parts.runTable.table.tableName,
    [envNames.pools]: poolsJson(scope, parts),
    [envNames.logLevel]: logLevel,
    ...(storedCode !== undefined && { [settingVariable('storedCode')]: storedCode }),
    ...(deliveryQueues && { [envNames.deliveryQueues]: queueUrlsJson(scope, deliveryQueues) }),
    ...(webhookSecretArn !== undefined && { [settingVariable('webhooks')]: 'on' }),
    [envNames.service]: Stack.of(scope).stackName,
    [envNames.metricsNamespace]: 'Holdfast',
  };
}

/** The URLs of queues as handlers and clients read them. */
function queueUrlsJson(scope: Construct, queues: Readonly<Record<string, string>>): string {
  const stack = Stack.of(scope);
  const urls = Object.entries(queues).map(([name, arn]) => {
    const { account, region, resource } = stack.splitArn(arn, ArnFormat.NO_RESOURCE_NAME);
    return [name, `https://sqs.${region}.${stack.urlSuffix}/${account}/${resource}`];
  });
  return stack.toJsonString(Object.fromEntries(urls));
}
