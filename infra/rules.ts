import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Annotations, Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { envNames } from '../lib/config/env.ts';
import { inOrder, type LaneName, laneNames } from '../lib/config/lanes.ts';
import { isLogLevel, logLevels } from '../lib/config/log-level.ts';
import { defaultPool, idlePools, poolFor } from '../lib/config/pools.ts';
import { listOf, readSettings, settingVariable } from '../lib/config/settings.ts';
import { HoldfastError } from '../lib/model/errors.ts';
import type { HoldfastProps, PoolProps } from './props.ts';
import { refused } from './refuse.ts';
import { checkName, checkValues } from './value-rules.ts';

/** As long as Lambda allows: a task longer than this hands itself over at a checkpoint. */
export const executorTimeoutDefault = Duration.minutes(15);
/** What AWS advises for SQS mappings: a message whose batch is throttled for a while must not come twice. */
const visibilityFactor = 6;
const visibilityMax = Duration.hours(12);
/** Of all variables of a function together. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html */
const variablesBytesMax = 4_096;
/** Each queue's URL needs up to 170 of them. */
const lanesMax = 18;
const laneBytes = 170;
/** What the construct sets beside the pools. */
const ownVariablesBytes = 700;

/** All pools, `default` first. */
export const poolsOf = ({
  pools = {},
}: Pick<HoldfastProps, 'pools'>): Readonly<Record<string, PoolProps>> => ({
  [defaultPool]: {},
  // One that is undefined is not there, as with any other property.
  ...Object.fromEntries(Object.entries(pools).filter(([, pool]) => pool !== undefined)),
});

/** The lanes of a pool, in the order of `laneNames`; `normal` is always among them. */
export const lanesOf = ({ lanes = {} }: PoolProps): readonly LaneName[] =>
  inOrder((lane) => lanes[lane] !== undefined);

/** How long messages of a pool stay hidden. */
export function visibilityOf(pool: PoolProps): Duration {
  return (
    pool.visibilityTimeout ?? Duration.seconds(Math.min(leastVisibility(pool), visibilityMax.toSeconds()))
  );
}

const leastVisibility = ({ batchWindow, timeout = executorTimeoutDefault }: PoolProps): number =>
  visibilityFactor * timeout.toSeconds() + (batchWindow?.toSeconds() ?? 0);

/**
 * Refuses what Lambda and SQS would refuse at deployment, and what would deploy and then not work.
 *
 * @throws HoldfastError `InvalidProperty`, naming the property; `InvalidSetting`, naming the variable
 */
export function checkProps(props: HoldfastProps): void {
  checkValues(props);
  const pools = poolsOf(props);
  if (!existsSync(resolve(props.entry)))
    throw refused(
      'entry',
      `names ${resolve(props.entry)}, which is not there`,
      'Name the module with your tasks',
    );
  for (const [name, pool] of Object.entries(pools)) checkPool(name, pool);
  const lanes = Object.values(pools).flatMap(lanesOf).length;
  if (lanes > lanesMax)
    throw refused(
      'pools',
      `have ${lanes} lanes together, whose URLs exceed the 4 KB of variables that Lambda takes`,
      `Keep to ${lanesMax} lanes, or use a second Holdfast`,
    );
  checkEnvironment('environment', props.environment);
  checkVariables(props);
  if (props.environment?.[envNames.logLevel] !== undefined)
    throw refused(
      'environment',
      `sets ${envNames.logLevel}`,
      'Use the property logLevel, or a pool’s own environment',
    );
  if (props.retention) readSettings({ [settingVariable('retention')]: `${props.retention.toSeconds()}s` });
  if (props.logLevel !== undefined && !isLogLevel(props.logLevel))
    throw refused('logLevel', `is ${JSON.stringify(props.logLevel)}`, `Use ${listOf(logLevels)}`);
  checkTags(props);
}

function checkPool(name: string, pool: PoolProps): void {
  const field = `pools.${name}`;
  checkName('pools', name, 'a pool');
  const unknown = Object.keys(pool.lanes ?? {}).find((lane) => !laneNames.some((known) => known === lane));
  if (unknown !== undefined)
    throw refused(`${field}.lanes`, `has no lane ${JSON.stringify(unknown)}`, `Use ${listOf(laneNames)}`);
  checkTimes(field, pool);
  checkBatch(field, pool);
  checkConcurrency(field, pool);
  checkEnvironment(`${field}.environment`, pool.environment);
  between(`${field}.memorySize`, pool.memorySize, [128, 10_240], 'MiB');
  const odd = pool.tags?.find((tag) => tag.length < 1 || tag.length > 64);
  if (odd !== undefined)
    throw refused(`${field}.tags`, `has ${JSON.stringify(odd)}`, 'Use 1 to 64 characters');
  if (!pool.vpc && (pool.vpcSubnets || pool.securityGroups))
    throw refused(
      field,
      'has subnets or security groups but no VPC',
      'Give it the `vpc` that they belong to',
    );
}

function checkTimes(field: string, pool: PoolProps): void {
  const { timeout = executorTimeoutDefault, visibilityTimeout } = pool;
  if (timeout.toSeconds() < 1 || timeout.toSeconds() > executorTimeoutDefault.toSeconds())
    throw refused(
      `${field}.timeout`,
      `is ${timeout.toHumanString()}, but Lambda allows 1 second to 15 minutes`,
      'Let longer tasks call ctx.checkpoint(), and they go on in the next invocation',
    );
  const least = leastVisibility(pool);
  if (visibilityTimeout && visibilityTimeout.toSeconds() < least)
    throw refused(
      `${field}.visibilityTimeout`,
      `is ${visibilityTimeout.toSeconds()} s, less than six times the timeout of ${timeout.toSeconds()} s and the batch window: ${least} s`,
      'Leave it out, or raise it',
    );
  if (visibilityTimeout && visibilityTimeout.toSeconds() > visibilityMax.toSeconds())
    throw refused(`${field}.visibilityTimeout`, 'is more than 12 hours', 'Leave it out');
}

function checkBatch(field: string, { batchSize, batchWindow }: PoolProps): void {
  between(`${field}.batchSize`, batchSize, [1, 10_000]);
  if ((batchSize ?? 1) > 10 && (batchWindow?.toSeconds() ?? 0) < 1)
    throw refused(
      `${field}.batchSize`,
      `is ${batchSize}, but batches of more than 10 need a window`,
      'Give it a batchWindow of at least a second, or 10 messages',
    );
  if (batchWindow && batchWindow.toSeconds() > 300)
    throw refused(`${field}.batchWindow`, 'is more than 5 minutes', 'Shorten it');
}

function checkConcurrency(field: string, pool: PoolProps): void {
  const { lanes = {}, maxConcurrency, reservedConcurrency } = pool;
  between(`${field}.maxConcurrency`, maxConcurrency, [2, 1_000]);
  between(`${field}.reservedConcurrency`, reservedConcurrency, [1, 100_000]);
  for (const [lane, own] of Object.entries(lanes))
    between(`${field}.lanes.${lane}.maxConcurrency`, own?.maxConcurrency, [2, 1_000]);
  if (reservedConcurrency === undefined) return;
  const each = lanesOf(pool).map((lane) => lanes[lane]?.maxConcurrency ?? maxConcurrency ?? 0);
  const together = each.reduce((sum, most) => sum + most, 0);
  if (together > reservedConcurrency)
    throw refused(
      `${field}.reservedConcurrency`,
      `is ${reservedConcurrency}, but its lanes may ask for ${together} invocations at a time`,
      'Raise it, or lower the maxConcurrency of the lanes: what is throttled ten times becomes a dead letter',
    );
}

function between(field: string, value: number | undefined, [min, max]: [number, number], unit = ''): void {
  if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) return;
  const range = `${min} to ${max}${unit && ` ${unit}`}`;
  throw refused(field, `is ${value}, but must be a whole number from ${range}`, 'Choose one of that range');
}

const ownNames: ReadonlySet<string> = new Set([
  envNames.table,
  envNames.pools,
  envNames.pool,
  envNames.payloadBucket,
  envNames.deliveryQueues,
  envNames.webhookSecretArn,
  envNames.service,
  envNames.metricsNamespace,
]);

function checkEnvironment(field: string, environment: Readonly<Record<string, string>> = {}): void {
  const own = Object.keys(environment).find((name) => ownNames.has(name));
  if (own !== undefined) throw refused(field, `sets ${own}, which the construct sets itself`, 'Leave it out');
  // What the functions would refuse at their start is refused before anything is deployed.
  readSettings(environment);
}

/** What is given counts with what the construct adds: the names of its parts are known only when they are there. */
function checkVariables(props: HoldfastProps): void {
  const { deliveryQueues = {}, environment = {} } = props;
  const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
  const pools = poolsOf(props);
  const ofPools = Object.entries(pools).reduce(
    (sum, [name, pool]) => sum + bytes([name, pool.tags ?? []]) + lanesOf(pool).length * laneBytes,
    ownVariablesBytes,
  );
  const ofQueues = Object.keys(deliveryQueues).reduce((sum, name) => sum + bytes(name) + laneBytes, 0);
  for (const [name, { environment: own = {} }] of Object.entries(pools)) {
    const size = ofPools + ofQueues + bytes({ ...environment, ...own });
    if (size > variablesBytesMax)
      throw refused(
        bytes(own) > bytes(environment) ? `pools.${name}.environment` : 'environment',
        `and what the construct sets, the tags of pools among it, have about ${size} bytes together, more than the ${variablesBytesMax} that Lambda takes`,
        'Keep large values elsewhere, and tags short',
      );
  }
}

/** As the submission of a task looks for them. */
function checkTags(props: HoldfastProps): void {
  const pools = Object.fromEntries(
    Object.entries(poolsOf(props)).map(([name, { tags = [] }]) => [
      name,
      { tags: [...tags], lanes: { normal: '' } },
    ]),
  );
  for (const tags of props.requiredTags ?? []) {
    try {
      poolFor(pools, tags);
    } catch (error) {
      if (!(error instanceof HoldfastError)) throw error;
      const carried = Object.values(pools).map((pool) => JSON.stringify(pool.tags));
      throw refused(
        'requiredTags',
        `has ${JSON.stringify(tags)}, which no pool carries`,
        `Pools carry ${carried}`,
      );
    }
  }
}

/** Tells of what deploys and works, but hardly as it is meant. */
export function warnOf(scope: Construct, props: HoldfastProps): void {
  const warn = (id: string, text: string) => Annotations.of(scope).addWarningV2(`holdfast:${id}`, text);
  const pools = poolsOf(props);
  for (const { covering, pool } of idlePools(pools)) {
    if (covering === undefined)
      warn(`${pool}-untagged`, `Nothing comes to the pool ${pool}: it has no tags.`);
    else warn(`${pool}-covered`, `Nothing comes to the pool ${pool}: ${covering} carries all of its tags.`);
  }
  for (const [name, pool] of Object.entries(pools)) {
    if (pool.reservedConcurrency !== undefined && pool.maxConcurrency === undefined)
      warn(
        `${name}-throttled`,
        `The pool ${name} reserves ${pool.reservedConcurrency} invocations without a maxConcurrency: what is throttled ten times becomes a dead letter.`,
      );
    warnOfTaskTimeout(warn, name, pool, props);
  }
}

/**
 * Whether a task takes longer than its function may is not known here: its timeout stands in its code, which is not
 * executed at synthesis, and with checkpoints it may. What is known is the setting, where it is set.
 */
function warnOfTaskTimeout(
  warn: (id: string, text: string) => void,
  name: string,
  { environment: own, timeout = executorTimeoutDefault }: PoolProps,
  { environment }: HoldfastProps,
): void {
  const variables = { ...environment, ...own };
  if (variables[settingVariable('taskTimeout')] === undefined) return;
  const { taskTimeout } = readSettings(variables);
  if (taskTimeout <= timeout.toMilliseconds()) return;
  warn(
    `${name}-task-timeout`,
    `Tasks of the pool ${name} may take ${taskTimeout / 1_000} s, an invocation ${timeout.toSeconds()} s: longer ones need ctx.checkpoint(). See \`holdfast doctor --tasks FILE --function-timeout ${timeout.toSeconds()}s\`.`,
  );
}
