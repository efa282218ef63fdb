import { type Env, envNames } from '../config/env.ts';
import { isLogLevel, logLevels } from '../config/log-level.ts';
import { type Pools, readPools } from '../config/pools.ts';
import {
  listOf,
  readSettings,
  type SettingName,
  type Settings,
  settingFaults,
  settingTable,
  settingVariable,
} from '../config/settings.ts';
import { HoldfastError } from '../model/errors.ts';
import { version } from '../version.ts';
import { isNodeSupported, nodeMajorMin } from '../version-of-node.ts';
import { type Finding, fail, faultsOr, ok, warn } from './finding.ts';

export function judgeVersions(nodeVersion: string): Finding {
  const what = `Node ${nodeVersion.replace(/^v/, '')}, holdfast ${version}`;
  if (isNodeSupported(nodeVersion)) return ok('versions', what);
  return fail(
    'versions',
    `${what}: Node ${nodeMajorMin} is needed`,
    `Install Node ${nodeMajorMin} or newer.`,
  );
}

/** Every value in the environment that is none, and what is no setting at all. */
export function judgeSettings(env: Env): readonly Finding[] {
  const bad = settingFaults(env).map(({ field = '', message }) =>
    fail('settings', message, `Give ${field} a value within its range, or none.`),
  );
  const level = env[envNames.logLevel];
  if (level && !isLogLevel(level)) {
    const what = `${envNames.logLevel} must be ${listOf(logLevels)}, not ${JSON.stringify(level)}`;
    bad.push(fail('settings', what, 'Choose one of them.'));
  }
  const faults = [
    ...bad,
    ...unknownVariables(env),
    ...(bad.length > 0 ? [] : contradictions(readSettings(env))),
  ];
  return faultsOr(faults, ok('settings', 'all within their ranges'));
}

function unknownVariables(env: Env): Finding[] {
  const known = new Set<string>([
    ...Object.values(envNames),
    ...Object.keys(settingTable).map(settingVariable),
  ]);
  return Object.keys(env)
    .filter((name) => name.startsWith('HOLDFAST_') && !known.has(name))
    .map((name) =>
      warn('settings', `${name} is no setting of Holdfast: it has no effect`, 'Check its name.'),
    );
}

function contradictions({ heartbeat, workerExpiry }: Settings): Finding[] {
  if (workerExpiry >= 2 * heartbeat) return [];
  const [beat, expiry] = (['heartbeat', 'workerExpiry'] satisfies SettingName[]).map(settingVariable);
  const what = `${expiry} is less than two of ${beat}: one late heartbeat shows a worker as lost`;
  return [
    warn('settings', what, `Raise ${expiry} to ${(2 * heartbeat) / 1_000}s or more, or lower ${beat}.`),
  ];
}

const whereFrom =
  'Take it from the outputs of the stack; the embedded runtime writes it with `npm start -- --write-env FILE`.';

/** The name of the table, or why there is none. */
export function tableName(env: Env): { readonly name: string } | { readonly finding: Finding } {
  const name = env[envNames.table];
  if (name) return { name };
  return { finding: fail('table', `${envNames.table} is not set`, whereFrom) };
}

/** The pools, or why there are none. */
export function poolsOf(env: Env): { readonly pools: Pools } | { readonly finding: Finding } {
  let pools: Pools;
  try {
    pools = readPools(env);
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    return { finding: fail('pools', error.message, whereFrom) };
  }
  const own = env[envNames.pool];
  if (!own || Object.hasOwn(pools, own)) return { pools };
  const what = `${envNames.pool} is ${JSON.stringify(own)}, which is none of ${Object.keys(pools).join(', ')}`;
  return { finding: fail('pools', what, `Set ${envNames.pool} to one of them, or to nothing.`) };
}
