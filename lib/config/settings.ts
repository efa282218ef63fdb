import { type Duration, parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Env } from './env.ts';

interface LengthSetting {
  readonly is: 'duration';
  readonly fallback: Duration;
  readonly min: Duration;
  readonly max: Duration;
  readonly about: string;
}
interface CountSetting {
  readonly is: 'count';
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
  readonly about: string;
}
interface ChoiceSetting<Choice extends string = string> {
  readonly is: 'choice';
  readonly fallback: Choice;
  readonly choices: readonly Choice[];
  readonly about: string;
}
interface ListSetting {
  readonly is: 'list';
  readonly fallback: '';
  /** What each of the names is. */
  readonly of: string;
  readonly pattern: RegExp;
  readonly about: string;
}

const duration = (fallback: Duration, min: Duration, max: Duration, about: string) =>
  ({ is: 'duration', fallback, min, max, about }) as const satisfies LengthSetting;
const count = (fallback: number, min: number, max: number, about: string) =>
  ({ is: 'count', fallback, min, max, about }) as const satisfies CountSetting;
const choice = <const Choice extends string>(
  fallback: NoInfer<Choice>,
  choices: readonly Choice[],
  about: string,
): ChoiceSetting<Choice> => ({ is: 'choice', fallback, choices, about });
const list = (of: string, pattern: RegExp, about: string): ListSetting => ({
  is: 'list',
  fallback: '',
  of,
  pattern,
  about,
});
/** As `import` has them, such as `node:crypto`, `zod` or `@scope/name/part`. */
const moduleName = /^(?:node:[a-z_/]+|(?:@[a-z0-9-~][\w.~-]*\/)?[a-z0-9~][\w.~-]*(?:\/[\w~-][\w.~-]*)*)$/;

/** An address or a CIDR range; the library that applies it knows which of those that look so are none. */
const addressRange = /^[0-9a-fA-F:.]{2,45}(?:\/\d{1,3})?$/;

/** Every setting, once: the code's defaults, the ranges and the README's list come from here. */
export const settingTable = {
  lease: duration('60s', '1s', '12h', 'How long a silent worker keeps a task.'),
  taskTimeout: duration('300s', '1ms', '7d', 'How long one attempt may run, unless the task says otherwise.'),
  maxAttempts: count(3, 1, 100, 'Attempts in all, unless the task says otherwise.'),
  backoff: duration('1s', '0ms', '1d', 'Upper bound of the pause before the second attempt.'),
  backoffFactor: count(2, 1, 10, 'By how much each further bound exceeds the one before.'),
  maxBackoff: duration('60s', '0ms', '30d', 'The bound of the pause grows no further.'),
  maxParallel: count(10, 1, 1_000, 'Tasks that one executor runs at a time. Of a worker: its cores.'),
  batchSize: count(1, 1, 10, 'Messages that a worker asks for at a time.'),
  pollInterval: duration(
    '1s',
    '100ms',
    '20s',
    'How soon a worker asks again after an empty answer or none. The only queue of a pool is long-polled for 20 s.',
  ),
  handover: choice(
    'on',
    ['off', 'on'],
    'Whether a worker with room begins what its own process submits at once, without a message. Not in pools with lanes.',
  ),
  drain: duration('20s', '0ms', '1d', 'How long a worker that ends lets running tasks go on.'),
  connectTimeout: duration('30s', '100ms', '1h', 'How long a worker tries to reach table and queue.'),
  discoveryPeriod: duration('60s', '100ms', '1h', 'How often discovery runs, and how far it looks ahead.'),
  agingInterval: duration(
    '300s',
    '1s',
    '7d',
    'What has waited for so long goes to the lane `aged` of its pool, where it has one.',
  ),
  discoveryLimit: count(2_000, 1, 100_000, 'Runs that one discovery tick tends at most.'),
  deepQueue: count(10_000, 1, 1_000_000, 'With more waiting messages, discovery repeats no doorbell.'),
  heartbeat: duration('10s', '100ms', '10m', 'How often a worker says that it is there.'),
  workerExpiry: duration('30s', '200ms', '1h', 'A worker silent for so long is shown as lost.'),
  clockTolerance: duration('2s', '1s', '1d', "A worker further off the store's clock claims nothing."),
  fairQueues: choice(
    'on',
    ['off', 'on'],
    'Whether messages name their tenants, so that SQS serves the quiet ones first ($0.10 a million requests more).',
  ),
  hopLimit: count(64, 1, 1_000, 'Dispatches from executor to executor before discovery takes the next.'),
  retention: duration('30d', '1h', '3650d', 'How long finished runs are kept.'),
  threadMemory: count(
    512,
    16,
    65_536,
    'MiB of heap that a task on a thread may keep. The thread is ended at twice that and 192, garbage included.',
  ),
  keepAttempts: choice(
    'told',
    ['none', 'failures', 'told', 'all'],
    'Which attempts are kept with their logs, variables and resources; `told`: those that failed, logged or set something.',
  ),
  storedCode: choice('off', ['off', 'on'], 'Whether code that came with a request is executed.'),
  storedCodeMemory: count(
    128,
    16,
    4_096,
    'MiB of heap and buffers that stored code may keep: its thread is ended as those of tasks are.',
  ),
  storedCodeImports: list(
    'modules',
    moduleName,
    'What stored code may import besides itself and a few modules of Node that only compute.',
  ),
  webhooks: choice('off', ['off', 'on'], 'Whether results may be delivered to webhooks.'),
  webhookAllow: list(
    'addresses and ranges',
    addressRange,
    'Where webhooks may lead besides the public internet, such as 10.0.0.0/8.',
  ),
  openRuns: count(
    0,
    0,
    1_000_000,
    'Runs of each tenant that may be open, of those submitted, not of their children; 0: any number. Makes submission and end a transaction each.',
  ),
  requestRate: count(
    0,
    0,
    1_000,
    'Requests over HTTP that each tenant may make in a second; 0: any number. Costs a table write for each.',
  ),
  abortGrace: duration('1s', '0ms', '1m', 'How long an aborted handler may take to settle.'),
} as const;

export type SettingName = keyof typeof settingTable;
type Setting<K extends SettingName> = (typeof settingTable)[K];
type ChoiceOf<S> = S extends ChoiceSetting<infer Choice> ? Choice : never;
type Given = {
  readonly [K in SettingName]?: Setting<K> extends CountSetting
    ? number
    : Setting<K> extends LengthSetting
      ? Duration
      : Setting<K> extends ListSetting
        ? readonly string[]
        : ChoiceOf<Setting<K>>;
};
/** All settings; durations in milliseconds. */
export type Settings = {
  readonly [K in SettingName]: Setting<K> extends ChoiceSetting
    ? ChoiceOf<Setting<K>>
    : Setting<K> extends ListSetting
      ? readonly string[]
      : number;
};

/** `maxAttempts` → `HOLDFAST_MAX_ATTEMPTS`. */
export const settingVariable = (name: string): string =>
  `HOLDFAST_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;

/**
 * Defaults, then the environment, then what the code gives.
 *
 * @throws HoldfastError `InvalidSetting`, naming the setting and its range.
 */
export function readSettings(env: Env, given: Given = {}): Settings {
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(settingTable, name));
  if (unknown !== undefined) {
    const what = `There is no setting named ${unknown}, but ${settingNames.join(', ')}`;
    throw new HoldfastError('InvalidSetting', what, { field: unknown });
  }
  const pairs = settingNames.map((name) => [name, settingOf(name, env, given)]);
  return Object.fromEntries(pairs) as unknown as Settings;
}

/** What is wrong in an environment: all that `readSettings` would refuse, each by itself. */
export function settingFaults(env: Env): readonly HoldfastError[] {
  return settingNames.flatMap((name) => {
    try {
      settingOf(name, env, {});
      return [];
    } catch (error) {
      if (error instanceof HoldfastError) return [error];
      throw error;
    }
  });
}

const settingNames = Object.keys(settingTable) as SettingName[];

function settingOf(name: SettingName, env: Env, given: Given) {
  if (given[name] !== undefined) return parse(name, name, given[name]);
  const variable = settingVariable(name);
  return parse(name, variable, env[variable] || settingTable[name].fallback);
}

type Value = string | number | readonly string[];

function parse(name: SettingName, source: string, value: Value): Value {
  const setting = settingTable[name];
  if (setting.is === 'list') return listed(setting, source, value);
  if (setting.is === 'choice') return chosen(setting, source, value);
  const [number, min, max] =
    setting.is === 'count'
      ? [wholeNumber(value), setting.min, setting.max]
      : [milliseconds(value), parseDuration(setting.min, name), parseDuration(setting.max, name)];
  if (number === undefined || number < min || number > max) {
    const kind = setting.is === 'count' ? 'a whole number' : 'a duration';
    throw new HoldfastError(
      'InvalidSetting',
      `${source} must be ${kind} from ${setting.min} to ${setting.max}, not ${JSON.stringify(value)}`,
      { field: source },
    );
  }
  return number;
}

function chosen({ choices }: ChoiceSetting, source: string, value: Value): string {
  const found = choices.find((each) => each === value);
  if (found !== undefined) return found;
  const what = `${source} must be ${listOf(choices)}, not ${JSON.stringify(value)}`;
  throw new HoldfastError('InvalidSetting', what, { field: source });
}

const listCountMax = 100;

function listed({ of, pattern }: ListSetting, source: string, value: Value): readonly string[] {
  const names = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value;
  const given = Array.isArray(names) ? names.filter((name) => name !== '') : undefined;
  if (given?.every((name) => typeof name === 'string' && pattern.test(name)) && given.length <= listCountMax)
    return given;
  const what = `${source} must be names of ${of}, at most ${listCountMax}, separated by commas`;
  throw new HoldfastError('InvalidSetting', `${what}, not ${JSON.stringify(value)}`, { field: source });
}

/** `a, b or c` */
export const listOf = (words: readonly string[]): string =>
  new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(words);

function wholeNumber(value: Value): number | undefined {
  const number = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value;
  return Number.isInteger(number) ? Number(number) : undefined;
}

function milliseconds(value: Value): number | undefined {
  try {
    return parseDuration(String(value), 'setting');
  } catch {
    return undefined;
  }
}
