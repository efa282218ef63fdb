import type { TableFacts } from '../dynamodb/inspect-table.ts';
import { expiryAttribute, stateIndex, tableKeys } from '../dynamodb/table.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const expectedKeys = `${tableKeys.partition} S, ${tableKeys.sort} S`;
const expectedIndexKeys = `${stateIndex.partition} S, ${stateIndex.sort} N`;

const wait = 'Wait a moment, and look again.';

/** Whether a table can be Holdfast's. @param table in words for people */
export function judgeTable(table: string, { keys, status }: TableFacts): Finding {
  if (keys !== expectedKeys) {
    const fix = 'Check HOLDFAST_TABLE; deploy the stack, or give a table of its own to Holdfast.';
    return fail('table', `${table} has the keys ${keys || 'of nothing'}, not ${expectedKeys}`, fix);
  }
  if (status !== 'ACTIVE') return fail('table', `${table} is ${status}`, wait);
  return ok('table', `${table} is ACTIVE, its keys are ${keys}`);
}

/** Whether due runs are found. */
export function judgeIndex({ index }: TableFacts): Finding {
  const { name } = stateIndex;
  const recreate = `Deploy the stack, or create ${name} with the keys ${expectedIndexKeys}, projecting keys only.`;
  if (!index) return fail('index', `There is no index ${name}: nothing is discovered or listed`, recreate);
  const { keys, projection, status } = index;
  if (keys !== expectedIndexKeys) {
    return fail('index', `${name} has the keys ${keys || 'of nothing'}, not ${expectedIndexKeys}`, recreate);
  }
  if (status !== 'ACTIVE') return fail('index', `${name} is ${status}: listings are not complete`, wait);
  if (projection !== 'KEYS_ONLY') {
    const fix = `Create it anew with the projection KEYS_ONLY.`;
    return warn('index', `${name} projects ${projection}: each write of a run is charged for it`, fix);
  }
  return ok('index', `${name} is ACTIVE, its keys are ${keys}`);
}

/** Whether runs that ended some time ago are deleted. */
export function judgeExpiry(table: string, attribute: string | undefined): Finding {
  if (attribute === expiryAttribute) return ok('expiry', `items are deleted after their ${expiryAttribute}`);
  const fix = `aws dynamodb update-time-to-live --table-name ${table} --time-to-live-specification Enabled=true,AttributeName=${expiryAttribute}`;
  const what = attribute === undefined ? 'Time to live is off' : `Time to live goes by ${attribute}`;
  return warn('expiry', `${what}: runs that have ended stay for ever`, fix);
}
