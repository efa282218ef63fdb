import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../lib/model/duration.ts';
import { errorHints, HoldfastError, NonRetryableError } from '../../../lib/model/errors.ts';
import { checkName, noTenant, runId, tenantId } from '../../../lib/model/ids.ts';
import { type RunNode, statusOf } from '../../../lib/model/run.ts';
import { toEpochSec, toIso, toSec } from '../../../lib/model/time.ts';

describe('durations', () => {
  it.each([
    ['0ms', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
  ])('%s', (text, ms) => expect(parseDuration(text, 'x')).toBe(ms));

  it.each(['', '5', '-5s', '1.5s', ' 5s', '5 s', '5w', '5S', '1234567890123s', '5s\n'])(
    'refuses %j',
    (text) => {
      expect(() => parseDuration(text, 'x')).toThrow(
        expect.objectContaining({ code: 'InvalidDuration', field: 'x' }),
      );
    },
  );

  it('rounds up to whole seconds', () => {
    expect([toSec(1), toSec(1_000), toSec(1_001)]).toEqual([1, 1, 2]);
    expect(toEpochSec(1_500)).toBe(2);
    expect(toIso(0)).toBe('1970-01-01T00:00:00.000Z');
  });
});

describe('names and ids', () => {
  it('takes plain ones', () => {
    expect(checkName('resize-image.v2', 'name')).toBe('resize-image.v2');
    expect(runId('01J~2')).toBe('01J~2');
    expect(tenantId('-')).toBe(noTenant);
    expect(tenantId('acme')).toBe('acme');
  });

  it.each(['', '-x', 'a/b', 'a#b', 'a b', 'ä', 'x'.repeat(129), '__proto__'])('refuses %j', (text) => {
    expect(() => runId(text)).toThrow(expect.objectContaining({ code: 'InvalidArgument' }));
    expect(() => tenantId(text)).toThrow(expect.objectContaining({ field: 'tenant' }));
    expect(() => checkName(text, 'name')).toThrow(expect.objectContaining({ code: 'InvalidName' }));
  });
});

describe('errors', () => {
  it('carry code, field, hint and cause', () => {
    const cause = new Error('inner');
    const error = new HoldfastError('NotFound', 'There is no run x', { field: 'id', cause });
    expect(error).toMatchObject({ code: 'NotFound', field: 'id', hint: errorHints.NotFound, cause });
    expect(new HoldfastError('NotFound', 'x', { hint: 'own' })).toMatchObject({ hint: 'own' });
    expect(new HoldfastError('NotFound', 'x')).not.toHaveProperty('cause');
    expect(new NonRetryableError('x').name).toBe('NonRetryableError');
  });
});

describe('the status of a run', () => {
  const node = (status: string) => ({ status }) as RunNode;
  it.each([
    ['succeeded', [], 'succeeded'],
    ['paused', ['ready'], 'paused'],
    ['active', ['ready'], 'ready'],
    ['active', ['ready', 'running'], 'running'],
    ['active', ['succeeded'], 'waiting'],
  ] as const)('in phase %s with nodes %j is %s', (phase, nodes, status) => {
    const entries = nodes.map((each, index) => [`n${index}`, node(each)]);
    expect(statusOf({ phase, nodes: Object.fromEntries(entries) })).toBe(status);
  });
});
