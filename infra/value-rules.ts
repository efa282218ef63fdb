import { Duration, Token } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { partName } from '../lib/config/json-variable.ts';
import { stateIndex, tableKeys } from '../lib/dynamodb/table.ts';
import type { AlarmProps, HoldfastProps, JwtProps, PoolProps } from './props.ts';
import { refused } from './refuse.ts';

/** Refuses single values that would deploy, and then not do what they are for. */
export function checkValues(props: HoldfastProps): void {
  checkKnown(props);
  if (typeof props.entry !== 'string')
    throw refused('entry', `is ${String(props.entry)}`, 'Name the module with your tasks');
  for (const name of Object.keys(props.deliveryQueues ?? {})) checkName('deliveryQueues', name, 'a queue');
  if (props.jwt) checkJwt(props.jwt);
  if (props.alarms) checkAlarms(props.alarms);
  if (props.encryptionKey) checkKey(props.encryptionKey);
  if (props.table instanceof Table) checkTable(props.table);
}

/** @param of what it names: `a pool` */
export function checkName(field: string, name: string, of: string): void {
  if (partName.safeParse(name).success) return;
  throw refused(
    `${field}[${JSON.stringify(name)}]`,
    `is no name for ${of}`,
    'Use up to 32 letters, digits, dashes and underscores, beginning with a letter',
  );
}

/** What decides on what is made must be known when it is made: a parameter of the stack is not. */
function checkKnown({ alarms, entry, logLevel, openRuns, pools, requestRate, ...rest }: HoldfastProps): void {
  const { requiredTags, retention } = rest;
  const own = Object.entries(pools ?? {}).flatMap(([name, pool]) => knownOfPool(`pools.${name}`, pool ?? {}));
  const alarm = Object.entries(alarms || {}).map(([name, value]) => [`alarms.${name}`, value] as const);
  const all = { entry, logLevel, openRuns, requestRate, requiredTags, retention };
  for (const [field, value] of [...Object.entries(all), ...own, ...alarm])
    if (isUnknown(value))
      throw refused(
        field,
        'is not known before the deployment (a token, such as the value of a CfnParameter)',
        'Give it as a value, such as one from the context of the app',
      );
}

function knownOfPool(field: string, pool: PoolProps): readonly (readonly [string, unknown])[] {
  const { deadLetterQueue: _, environment: __, securityGroups, vpc, vpcSubnets, lanes, ...values } = pool;
  const ofLanes = Object.entries(lanes ?? {}).map(
    ([lane, own]) => [`${field}.lanes.${lane}.maxConcurrency`, own?.maxConcurrency] as const,
  );
  return [...Object.entries(values).map(([name, value]) => [`${field}.${name}`, value] as const), ...ofLanes];
}

const isUnknown = (value: unknown): boolean =>
  Array.isArray(value)
    ? Token.isUnresolved(value) || value.some(isUnknown)
    : value instanceof Duration
      ? value.isUnresolved()
      : Token.isUnresolved(value);

export const isIssuer = (issuer: string): boolean =>
  URL.canParse(issuer) && new URL(issuer).protocol === 'https:';
export const isClaimName = (claim: string): boolean => /^[\w.:/-]{1,128}$/.test(claim);

function checkJwt({ audience, issuer, tenantClaim }: JwtProps): void {
  if (!Token.isUnresolved(issuer) && !isIssuer(issuer))
    throw refused('jwt.issuer', `is ${JSON.stringify(issuer)}, which is no https URL`, 'Name the issuer');
  if (audience.length === 0) throw refused('jwt.audience', 'is empty', 'Name whom tokens are for');
  // An empty one would be none: whoever holds any token could name any tenant.
  if (tenantClaim !== undefined && !Token.isUnresolved(tenantClaim) && !isClaimName(tenantClaim))
    throw refused(
      'jwt.tenantClaim',
      `is ${JSON.stringify(tenantClaim)}, which names no claim`,
      'Name the claim, or leave it out to let requests name any tenant',
    );
}

const wholeNumbers = ['deadLetterDepth', 'leasesLost', 'throttles'] as const;
const numbers = ['claimsPerTask', 'costPerDay'] as const;

function checkAlarms(alarms: AlarmProps): void {
  for (const name of wholeNumbers) {
    const value = alarms[name];
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0))
      throw refused(`alarms.${name}`, `is ${value}, but must be a whole number from 1`, 'Choose one');
  }
  for (const name of numbers) {
    const value = alarms[name];
    if (value !== undefined && !(Number.isFinite(value) && value > 0))
      throw refused(`alarms.${name}`, `is ${value}, but must be a number above 0`, 'Choose one');
  }
  if (alarms.oldestRun && alarms.oldestRun.toSeconds() < 60)
    throw refused(
      'alarms.oldestRun',
      `is ${alarms.oldestRun.toHumanString()}, less than a minute`,
      'Discovery measures it once a minute: choose more',
    );
}

/** IAM knows keys only: a permission for an alias is one for nothing. */
function checkKey(key: IKey): void {
  if (!key.keyArn.includes(':alias/') && !key.keyId.startsWith('alias/')) return;
  throw refused('encryptionKey', 'is an alias, for which IAM allows nothing', 'Give the key: Key.fromKeyArn');
}

/** One that is only imported shows nothing: `holdfast doctor` looks at it once it is there. */
function checkTable(table: Table): void {
  const { partition, sort } = tableKeys;
  if (hasKeys(table, { partition, sort }) && hasKeys(table, stateIndex, stateIndex.name)) return;
  throw refused(
    'table',
    `must have the keys ${partition} and ${sort}, and the index ${stateIndex.name} with ${stateIndex.partition} and ${stateIndex.sort}`,
    'Leave it out, and one is made',
  );
}

function hasKeys(table: Table, keys: { partition: string; sort: string }, index?: string): boolean {
  try {
    const { partitionKeys = [], sortKeys = [] } = table.schemaV2(index);
    const names = [...partitionKeys, ...sortKeys].map(({ name }) => name);
    return names.length === 2 && names[0] === keys.partition && names[1] === keys.sort;
  } catch {
    // There is no such index.
    return false;
  }
}
