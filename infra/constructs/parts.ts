import { Names, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { Construct } from 'constructs';
import { envNames } from '../../lib/config/env.ts';
import type { Pools } from '../../lib/config/pools.ts';
import { settingVariable } from '../../lib/config/settings.ts';
import type { HoldfastProps, PoolProps } from '../props.ts';
import { lanesOf } from '../rules.ts';
import type { PoolQueues } from './pool-queues.ts';
import type { RunTable } from './run-table.ts';

/** What every function works with. */
export interface Parts {
  /** The construct that all of this is part of. */
  readonly scope: Construct;
  readonly props: HoldfastProps;
  /** Absolute path of the module with the tasks. */
  readonly entry: string;
  readonly runTable: RunTable;
  readonly bucket: IBucket | undefined;
  /** Customer keys that table, queues and bucket are encrypted with. */
  readonly keys: readonly IKey[];
  /** By name, `default` first. */
  readonly pools: Readonly<Record<string, PoolParts>>;
}

export interface PoolParts {
  readonly props: PoolProps;
  readonly queues: PoolQueues;
}

const nameLengthMax = 64;

/**
 * A name for something of this construct: no other Holdfast of the account and region has it, so long as stacks differ
 * in their names. A Holdfast that is called `Default` goes by the name of its stack.
 */
export function nameOf(scope: Construct, suffix: string): string {
  const maxLength = nameLengthMax - suffix.length - 1;
  return `${serviceName(scope, maxLength)}-${suffix}`;
}

/** What log lines and metrics say they come from. */
export const serviceName = (scope: Construct, maxLength = nameLengthMax): string =>
  Names.uniqueResourceName(scope, { maxLength, separator: '-', allowedSpecialCharacters: '-' });

/** The pools as handlers and clients read them. */
function poolsJson(scope: Construct, pools: Parts['pools']): string {
  const all: Pools = Object.fromEntries(
    Object.entries(pools).map(([name, { props, queues }]) => {
      const urls = lanesOf(props).map((lane) => [lane, queues.lane(lane).queueUrl]);
      return [name, { tags: [...(props.tags ?? [])], lanes: Object.fromEntries(urls) }];
    }),
  );
  return Stack.of(scope).toJsonString(all);
}

/**
 * The variables by which a program finds what this construct made, and submits as the API does: what it submits is kept
 * as long, and delivered to the same queues.
 */
export function placeEnvironment(scope: Construct, parts: Parts): Record<string, string> {
  const { deliveryQueues, retention, webhookSecret } = parts.props;
  return {
    [envNames.table]: parts.runTable.table.tableName,
    [envNames.pools]: poolsJson(scope, parts.pools),
    ...(parts.bucket && { [envNames.payloadBucket]: parts.bucket.bucketName }),
    ...(retention && { [settingVariable('retention')]: `${retention.toSeconds()}s` }),
    ...(deliveryQueues && { [envNames.deliveryQueues]: queueUrlsJson(scope, deliveryQueues) }),
    ...(webhookSecret && { [settingVariable('webhooks')]: 'on' }),
  };
}

/** The variables that every function reads. */
export function sharedEnvironment(scope: Construct, parts: Parts): Record<string, string> {
  const { logLevel = 'info', storedCode } = parts.props;
  return {
    ...placeEnvironment(scope, parts),
    [envNames.logLevel]: logLevel,
    ...(storedCode && { [settingVariable('storedCode')]: 'on' }),
    [envNames.service]: serviceName(parts.scope),
    [envNames.metricsNamespace]: metricsNamespace,
  };
}

export const metricsNamespace = 'Holdfast';

/** The URLs of queues as handlers and clients read them. */
function queueUrlsJson(scope: Construct, queues: NonNullable<HoldfastProps['deliveryQueues']>): string {
  const urls = Object.entries(queues).map(([name, { queueUrl }]) => [name, queueUrl]);
  return Stack.of(scope).toJsonString(Object.fromEntries(urls));
}
