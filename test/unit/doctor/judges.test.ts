import { describe, expect, it } from 'vitest';
import { judgeClock } from '../../../lib/doctor/clock.ts';
import { checkCredentials } from '../../../lib/doctor/credentials.ts';
import { exitCodeOf } from '../../../lib/doctor/doctor.ts';
import { judgeSettings, judgeVersions, poolsOf, tableName } from '../../../lib/doctor/environment.ts';
import { type Finding, fail, ok, warn } from '../../../lib/doctor/finding.ts';
import { judgeDeadLetters, judgeQueue } from '../../../lib/doctor/queue.ts';
import { judgeExpiry, judgeIndex, judgeTable } from '../../../lib/doctor/table.ts';
import { trouble } from '../../../lib/doctor/trouble.ts';
import type { TableFacts } from '../../../lib/dynamodb/inspect-table.ts';
import { HoldfastError } from '../../../lib/model/errors.ts';
import type { QueueFacts } from '../../../lib/sqs/inspect-queue.ts';

/** What it says, and what is to be done. */
const told = ({ fix = '', message, status }: Finding) => `${status}: ${message} | ${fix}`;

describe('the table', () => {
  const fine: TableFacts = {
    status: 'ACTIVE',
    keys: 'pk S, sk S',
    index: { status: 'ACTIVE', keys: 'statePk S, stateAt N', projection: 'KEYS_ONLY' },
  };
  const index = fine.index as NonNullable<TableFacts['index']>;

  it('is fine as Holdfast makes it', () => {
    expect([judgeTable('T', fine), judgeIndex(fine), judgeExpiry('T', 'expires')]).toMatchObject([
      { check: 'table', status: 'ok' },
      { check: 'index', status: 'ok' },
      { check: 'expiry', status: 'ok' },
    ]);
  });

  it.each<[Partial<TableFacts>, string]>([
    [{ status: 'CREATING' }, 'fail: T is CREATING | Wait'],
    [{ keys: 'id S' }, 'fail: T has the keys id S, not pk S, sk S | Check HOLDFAST_TABLE'],
    [{ keys: 'pk S, sk N' }, 'fail: T has the keys pk S, sk N, not pk S, sk S | Check HOLDFAST_TABLE'],
    [{ keys: '' }, 'fail: T has the keys of nothing'],
  ])('with %j fails', (fault, expected) => {
    expect(told(judgeTable('T', { ...fine, ...fault }))).toContain(expected);
  });

  it.each<[TableFacts['index'], string]>([
    [
      undefined,
      'fail: There is no index byState: nothing is discovered or listed | Deploy the stack, or create byState',
    ],
    [{ ...index, status: 'CREATING' }, 'fail: byState is CREATING: listings are not complete | Wait'],
    [
      { ...index, keys: 'statePk S, stateAt S' },
      'fail: byState has the keys statePk S, stateAt S, not statePk S, stateAt N',
    ],
    [{ ...index, keys: 'statePk S' }, 'fail: byState has the keys statePk S, not'],
    [
      { ...index, projection: 'ALL' },
      'warn: byState projects ALL: each write of a run is charged for it | Create it anew',
    ],
  ])('with the index %j is not fine', (fault, expected) => {
    expect(told(judgeIndex({ ...fine, index: fault }))).toContain(expected);
  });

  it.each([
    [
      undefined,
      'warn: Time to live is off: runs that have ended stay for ever | aws dynamodb update-time-to-live --table-name T',
    ],
    ['ttl', 'warn: Time to live goes by ttl'],
  ])('with items expiring by %s is warned of', (attribute, expected) => {
    expect(told(judgeExpiry('T', attribute))).toContain(expected);
  });
});

describe('a queue', () => {
  const fine: QueueFacts = {
    arn: 'arn:aws:sqs:r:0:q',
    visibility: 5_400,
    delay: 0,
    waiting: 3,
    inFlight: 0,
    delayed: 0,
    isFifo: false,
    deadLetters: { arn: 'arn:aws:sqs:r:0:d', receivesMax: 10 },
  };
  const lease = { ms: 60_000, of: 'HOLDFAST_LEASE' };
  const needs = { lease, functionTimeoutMs: 900_000, deepQueue: 10_000 };
  const judged = (facts: Partial<QueueFacts>, over = {}) =>
    judgeQueue({ check: 'queue q', url: 'http://q' }, { ...fine, ...facts }, { ...needs, ...over }).map(told);

  it('is fine as Holdfast makes it', () => {
    const expected = 'ok: http://q: 3 waiting; hidden for 5400 s, which suits functions of up to 900 s | ';
    expect(judged({})).toEqual([expected]);
    // The longest that there is, for the longest function.
    expect(judged({ visibility: 43_200 }, { functionTimeoutMs: 10_000_000 })[0]).toMatch(/^ok: /);
  });

  it.each<[Partial<QueueFacts>, object, string]>([
    [
      { visibility: 899 },
      {},
      'fail: A message is visible again after 899 s; the function takes up to 900 s | Set its VisibilityTimeout to 5400 s',
    ],
    [
      { visibility: 5_399 },
      {},
      'warn: A message is visible again after 5399 s; the function takes up to 900 s',
    ],
    [
      { visibility: 19 },
      { functionTimeoutMs: undefined },
      'warn: A message is visible again after 19 s, before the first renewal of HOLDFAST_LEASE at 20 s | Set its VisibilityTimeout to 60 s',
    ],
    [{ delay: 5 }, {}, 'warn: It keeps each message back for 5 s | Set its DelaySeconds to 0.'],
    [{ waiting: 10_001 }, {}, 'warn: 10001 messages wait'],
    [{ isFifo: true }, {}, 'fail: It is a FIFO queue'],
    [{ deadLetters: undefined }, {}, 'warn: It has no dead-letter queue'],
    [{ deadLetters: { arn: 'a', receivesMax: 3 } }, {}, 'warn: A message is given up after 3 receives'],
    [
      { deadLetters: { arn: 'a', receivesMax: Number.NaN } },
      {},
      'warn: A message is given up after NaN receives',
    ],
  ])('with %j for %j is not fine', (facts, over, expected) => {
    const findings = judged(facts, over);
    expect(findings).toHaveLength(1);
    expect(findings[0]).toContain(expected);
  });

  it('tells each of its faults', () => {
    expect(judged({ visibility: 1, delay: 1, deadLetters: undefined })).toHaveLength(4);
  });

  it('that ends what nobody could handle is best empty', () => {
    expect(told(judgeDeadLetters('d', { ...fine, waiting: 0 }))).toBe('ok: d: empty | ');
    expect(told(judgeDeadLetters('d', fine))).toContain(
      'warn: d: 3 messages that nobody could handle | Read the log',
    );
  });
});

describe('the clock', () => {
  it.each([
    [undefined, 'warn: The answers of the table tell no time'],
    [{ ms: 100, doubtMs: 400, answers: 5 }, 'ok: within 0.5 s of that of the table'],
    [{ ms: 1_500, doubtMs: 100, answers: 5 }, 'ok: 1.5 s behind that of the table, give or take 0.1 s'],
    [
      { ms: 3_000, doubtMs: 100, answers: 5 },
      'fail: 3.0 s behind that of the table, give or take 0.1 s: a worker here claims nothing beyond 2.0 s | Set',
    ],
    [{ ms: -3_000, doubtMs: 100, answers: 5 }, 'fail: 3.0 s ahead of that of the table'],
    [{ ms: 3_000, doubtMs: 100, answers: 2 }, 'ok: 3.0 s behind'],
  ])('with %j', (offset, expected) => {
    expect(told(judgeClock(offset, 2_000))).toContain(expected);
  });
});

describe('the environment', () => {
  it.each([
    ['v24.0.0', 'ok'],
    ['v25.1.0', 'ok'],
    ['v22.12.0', 'fail'],
    ['v9.0.0', 'fail'],
    ['', 'fail'],
  ])('Node %s: %s', (version, status) => {
    expect(judgeVersions(version)).toMatchObject({ check: 'versions', status });
  });

  it('tells every bad value, and every name that is none', () => {
    const env = {
      HOLDFAST_LEASE: '1',
      HOLDFAST_MAX_ATTEMPTS: '0',
      HOLDFAST_LOG_LEVEL: 'loud',
      HOLDFAST_MAX_ATTEMPT: '5',
      HOLDFAST_TABLE: 't',
      PATH: '',
    };
    expect(judgeSettings(env).map(told)).toEqual([
      expect.stringContaining('fail: HOLDFAST_LEASE must be a duration from 1s to 12h, not "1"'),
      expect.stringContaining('fail: HOLDFAST_MAX_ATTEMPTS must be a whole number from 1 to 100, not "0"'),
      expect.stringContaining(
        'fail: HOLDFAST_LOG_LEVEL must be debug, info, warn, error or silent, not "loud"',
      ),
      expect.stringContaining('warn: HOLDFAST_MAX_ATTEMPT is no setting of Holdfast'),
    ]);
    expect(judgeSettings({ HOLDFAST_LOG_LEVEL: 'debug' })).toMatchObject([{ status: 'ok' }]);
  });

  it('tells settings that contradict each other', () => {
    const env = { HOLDFAST_HEARTBEAT: '10s', HOLDFAST_WORKER_EXPIRY: '15s' };
    expect(judgeSettings(env).map(told)).toEqual([
      expect.stringContaining('HOLDFAST_WORKER_EXPIRY is less than two of HOLDFAST_HEARTBEAT'),
    ]);
  });

  it('has a table and pools, or says where to take them from', () => {
    const pools = JSON.stringify({ default: { lanes: { normal: 'http://q/1/a' } } });
    expect(tableName({ HOLDFAST_TABLE: 't' })).toEqual({ name: 't' });
    expect(poolsOf({ HOLDFAST_POOLS: pools, HOLDFAST_POOL: 'default' })).toMatchObject({
      pools: { default: {} },
    });
    const faults = [
      tableName({ HOLDFAST_TABLE: '' }),
      poolsOf({}),
      poolsOf({ HOLDFAST_POOLS: '{' }),
      poolsOf({ HOLDFAST_POOLS: pools, HOLDFAST_POOL: 'gpu' }),
    ];
    expect(faults.map((each) => 'finding' in each && told(each.finding))).toEqual([
      expect.stringContaining('fail: HOLDFAST_TABLE is not set | Take it from the outputs of the stack'),
      expect.stringContaining('HOLDFAST_POOLS is not set'),
      expect.stringContaining('HOLDFAST_POOLS is not JSON'),
      expect.stringContaining('HOLDFAST_POOL is "gpu", which is none of default'),
    ]);
  });
});

describe('credentials', () => {
  const now = 1_000_000;
  const check = (given: { region?: () => Promise<string>; credentials?: () => Promise<object> }) =>
    checkCredentials(
      { config: { region: async () => 'r', credentials: async () => ({}), ...given } } as never,
      now,
    );

  it('are there, for as long as they hold', async () => {
    expect(await check({})).toMatchObject({ status: 'ok' });
    const credentials = (at: number) => async () => ({ accessKeyId: 'AKIASECRET', expiration: new Date(at) });
    expect(await check({ credentials: credentials(now + 1) })).toMatchObject({ status: 'ok' });
    const expired = await check({ credentials: credentials(now) });
    expect(told(expired)).toContain('fail: They expired at 1970-01-01T00:16:40.000Z | Log in');
    expect(JSON.stringify(expired)).not.toContain('AKIA');
  });

  it('are not there, or the region is not', async () => {
    const reject = (message: string) => async () => Promise.reject(new Error(message));
    expect(told(await check({ credentials: reject('no provider') }))).toContain(
      'There are none: no provider | Log in',
    );
    expect(told(await check({ region: reject('Region is missing') }))).toContain(
      'There is no region | Set AWS_REGION',
    );
  });
});

describe('an answer that does not come', () => {
  const advice = { what: 'The table t', missing: 'Deploy it.', permission: 'dynamodb:DescribeTable' };
  const error = (name: string, httpStatusCode?: number) =>
    Object.assign(new Error('because'), { name, $metadata: { httpStatusCode } });

  it.each([
    [error('ResourceNotFoundException', 400), 'fail: The table t is not there | Deploy it.', undefined],
    [error('QueueDoesNotExist', 400), 'fail: The table t is not there', undefined],
    [
      error('AccessDeniedException', 400),
      'warn: The table t may not be looked at: AccessDeniedException: because | Allow dynamodb:DescribeTable',
      undefined,
    ],
    [
      error('UnrecognizedClientException', 400),
      'fail: The credentials are not accepted: UnrecognizedClientException',
      undefined,
    ],
    [error('ExpiredTokenException', 403), 'fail: The credentials are not accepted', undefined],
    [
      error('InternalServerError', 500),
      'fail: The table t gave no answer: InternalServerError: because',
      undefined,
    ],
    [
      error('TimeoutError'),
      'fail: The table t is not reached: TimeoutError: because | Check AWS_ENDPOINT_URL',
      true,
    ],
    [
      new HoldfastError('StoreUnreachable', 'no', { cause: error('ECONNREFUSED') }),
      'The table t is not reached: ECONNREFUSED',
      true,
    ],
    ['text', 'fail: The table t is not reached: text', true],
  ])('%s', (thrown, expected, unreachable) => {
    const finding = trouble('table', thrown, advice);
    expect(told(finding)).toContain(expected);
    expect(finding.unreachable).toBe(unreachable);
  });
});

it('ends with 3 if anything is not reached, else 1 if anything fails, else 0', () => {
  const unreached: Finding = { ...fail('a', '', ''), unreachable: true };
  expect(exitCodeOf([ok('a', ''), warn('a', '', '')])).toBe(0);
  expect(exitCodeOf([ok('a', ''), fail('a', '', ''), warn('a', '', '')])).toBe(1);
  expect(exitCodeOf([unreached, fail('a', '', '')])).toBe(3);
});
