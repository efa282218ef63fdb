import { describe, expect, it } from 'vitest';
import { required } from '../../../lib/config/env.ts';
import { laneUrl, poolFor, readPools } from '../../../lib/config/pools.ts';
import { readSettings, settingVariable } from '../../../lib/config/settings.ts';

describe('settings', () => {
  it('have the documented defaults', () => {
    expect(readSettings({})).toMatchObject({
      lease: 60_000,
      heartbeat: 10_000,
      workerExpiry: 30_000,
      taskTimeout: 300_000,
      maxAttempts: 3,
      backoff: 1_000,
      backoffFactor: 2,
      maxBackoff: 60_000,
    });
  });

  it('come from the environment, and from the code before it', () => {
    const env = { HOLDFAST_LEASE: '30s', HOLDFAST_MAX_ATTEMPTS: '7', HOLDFAST_BACKOFF: '' };
    expect(readSettings(env)).toMatchObject({ lease: 30_000, maxAttempts: 7, backoff: 1_000 });
    expect(readSettings(env, { lease: '20s', maxAttempts: 1 })).toMatchObject({
      lease: 20_000,
      maxAttempts: 1,
    });
    expect(settingVariable('maxParallel')).toBe('HOLDFAST_MAX_PARALLEL');
  });

  it.each([
    ['HOLDFAST_LEASE', '10', 'HOLDFAST_LEASE must be a duration from 1s to 12h, not "10"'],
    ['HOLDFAST_LEASE', '13h', 'HOLDFAST_LEASE must be a duration from 1s to 12h, not "13h"'],
    ['HOLDFAST_LEASE', '999ms', 'HOLDFAST_LEASE must be a duration from 1s to 12h, not "999ms"'],
    ['HOLDFAST_MAX_ATTEMPTS', '0', 'HOLDFAST_MAX_ATTEMPTS must be a whole number from 1 to 100, not "0"'],
    ['HOLDFAST_MAX_ATTEMPTS', '2.5', 'HOLDFAST_MAX_ATTEMPTS must be a whole number from 1 to 100, not "2.5"'],
    [
      'HOLDFAST_MAX_ATTEMPTS',
      'many',
      'HOLDFAST_MAX_ATTEMPTS must be a whole number from 1 to 100, not "many"',
    ],
  ])('%s=%s is refused with its name and range', (name, value, message) => {
    expect(() => readSettings({ [name]: value })).toThrow(
      expect.objectContaining({ code: 'InvalidSetting', message }),
    );
  });

  it('of a few words are one of them', () => {
    expect(readSettings({}).keepAttempts).toBe('told');
    expect(readSettings({ HOLDFAST_KEEP_ATTEMPTS: 'all' }).keepAttempts).toBe('all');
    expect(readSettings({ HOLDFAST_KEEP_ATTEMPTS: 'all' }, { keepAttempts: 'none' }).keepAttempts).toBe(
      'none',
    );
    expect(() => readSettings({ HOLDFAST_KEEP_ATTEMPTS: 'some' })).toThrow(
      expect.objectContaining({
        code: 'InvalidSetting',
        field: 'HOLDFAST_KEEP_ATTEMPTS',
        message: 'HOLDFAST_KEEP_ATTEMPTS must be none, failures, told or all, not "some"',
      }),
    );
  });

  it('may be lists of names', () => {
    expect(readSettings({}).storedCodeImports).toEqual([]);
    const text = ' node:crypto, zod/v4 ,@a/b.c,';
    const names = ['node:crypto', 'zod/v4', '@a/b.c'];
    expect(readSettings({ HOLDFAST_STORED_CODE_IMPORTS: text }).storedCodeImports).toEqual(names);
    expect(readSettings({}, { storedCodeImports: names }).storedCodeImports).toEqual(names);
  });

  it.each(['../x', '/etc/passwd', 'a b', 'file:///x', './a.js', 'a/../b', 'node:', '@a', 3 as never])(
    '%j is no module that could be named',
    (name) => {
      expect(() => readSettings({}, { storedCodeImports: [name] })).toThrow(
        expect.objectContaining({ code: 'InvalidSetting', field: 'storedCodeImports' }),
      );
    },
  );

  it('given in code are refused by their own name', () => {
    expect(() => readSettings({}, { maxAttempts: 2.5 })).toThrow(/^maxAttempts must be/);
    expect(() => readSettings({}, { lease: 'soon' as never })).toThrow(/^lease must be/);
  });

  it('a missing variable is named', () => {
    expect(() => required({}, 'HOLDFAST_TABLE')).toThrow(
      expect.objectContaining({ code: 'MissingSetting', field: 'HOLDFAST_TABLE' }),
    );
    expect(required({ X: 'y' }, 'X')).toBe('y');
  });
});

describe('pools', () => {
  const url = 'http://127.0.0.1:4566/000000000000/jobs';
  const env = (pools: unknown) => ({ HOLDFAST_POOLS: JSON.stringify(pools) });

  it('are read, and chosen by tags', () => {
    const pools = readPools(
      env({
        default: { lanes: { normal: url } },
        gpu: { tags: ['gpu', 'eu'], lanes: { normal: `${url}2`, high: url } },
      }),
    );
    expect(poolFor(pools, [])).toBe('default');
    expect(poolFor(pools, ['gpu'])).toBe('gpu');
    expect(() => poolFor(pools, ['gpu', 'us'])).toThrow(
      expect.objectContaining({ code: 'UnknownTag', field: 'tags' }),
    );
    expect(laneUrl(pools, 'gpu', 'high')).toBe(url);
    expect(laneUrl(pools, 'gpu', 'low')).toBe(`${url}2`);
    expect(laneUrl(pools, 'gpu', 'low', true)).toBe(`${url}2`);
    expect(() => laneUrl(pools, 'none', 'low')).toThrow(/no pool named none/);
  });

  it.each([
    [{ HOLDFAST_POOLS: '{' }, 'is not JSON'],
    [env({}), 'has no pool named default'],
    [env({ default: { lanes: {} } }), 'is not a map of pools'],
    [env({ default: { lanes: { normal: 'no url' } } }), 'is not a map of pools'],
    [env({ default: { lanes: { normal: url, urgent: url } } }), 'is not a map of pools'],
  ])('%j %s', (given, what) => {
    expect(() => readPools(given)).toThrow(what);
  });
});
