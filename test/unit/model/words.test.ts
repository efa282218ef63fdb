import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../../lib/model/duration.ts';
import { errorHints, HoldfastError, NonRetryableError } from '../../../lib/model/errors.ts';
import { checkName, type NodeId, noTenant, type RunId, runId, tenantId } from '../../../lib/model/ids.ts';
import { type RunNode, resultNodeOf, statusOf } from '../../../lib/model/run.ts';
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
  const pause = { kind: 'pause', mode: 'graceful', since: 1 } as const;
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

  it.each([
    ['ends as it has ended', { phase: 'ending', ended: 'skipped' }, 'skipped'],
    ['ends, and does not say how', { phase: 'ending' }, 'failed'],
    ['is being paused', { control: pause }, 'paused'],
    ['is being cancelled', { control: { ...pause, kind: 'cancel' } }, 'ready'],
    ['waits for others', { waitsFor: ['p' as RunId] }, 'waiting'],
  ] as const)('that %s', (_, over, status) => {
    expect(statusOf({ phase: 'active', nodes: { n: node('ready') } as never, ...over })).toBe(status);
  });

  it('that is being paused is running as long as somebody works on it', () => {
    const nodes = { n: node('running') } as never;
    expect(statusOf({ phase: 'active', nodes, control: pause })).toBe('running');
  });
});

it('the result of a run is that of the node that ended it, or of the only one', () => {
  const [a, b] = [{ status: 'succeeded' }, { status: 'failed' }] as RunNode[];
  const nodes = { a, b } as never;
  expect(resultNodeOf({ nodes, result: 'b' as NodeId })).toBe(b);
  expect(resultNodeOf({ nodes })).toBe(a);
});
