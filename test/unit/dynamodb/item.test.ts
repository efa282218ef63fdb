import { marshall, unmarshall } from '@aws-sdk/util-dynamodb';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeItem, decodeRun, encodeRun } from '../../../lib/dynamodb/item.ts';
import { shardOf } from '../../../lib/dynamodb/keys.ts';
import type { RunId } from '../../../lib/model/ids.ts';
import { isReadable } from '../../../lib/ports/run-store.ts';
import { arbitraryRun } from '../../support/arbitrary-run.ts';
import { sampleRun } from '../../support/sample-run.ts';

describe('a run as an item', () => {
  test('comes back equal, through the SDK too', () => {
    fc.assert(
      fc.property(arbitraryRun, (run) => {
        const item = encodeRun(run);
        expect(decodeRun(item)).toEqual(run);
        expect(decodeRun(unmarshall(marshall(item, { convertClassInstanceToMap: true })))).toEqual(run);
      }),
    );
  });

  test('holds no empty text and nothing undefined: some stores refuse them', () => {
    fc.assert(
      fc.property(arbitraryRun, (run) => {
        for (const value of leaves(encodeRun(run))) {
          expect(value).not.toBe('');
          expect(value).not.toBe(undefined);
        }
      }),
    );
  });

  test('names what is missing or not as it should be, whatever that is', () => {
    const anything = fc.anything({ withBigInt: true, withDate: true, withMap: true });
    const names = Object.keys(encodeRun(sampleRun())).filter((name) => name !== 'pk' && name !== 'sk');
    fc.assert(
      fc.property(arbitraryRun, fc.constantFrom(...names), anything, (run, name, value) => {
        // Never a throw: a damaged item must not take its page along.
        const decoded = decodeItem({ ...encodeRun(run), [name]: value });
        expect(decoded).toMatchObject({ tenant: run.tenant, run: run.run });
        if (decoded !== undefined && !isReadable(decoded)) expect(decoded.unreadable).toBe(true);
      }),
    );
  });

  test.each([undefined, 7, '', 'RUN', 'RUN#a', 'RUN#a#b#c', 'DATA#a#b', 'RUN##b', 'RUN#a# '])(
    'with the key %j is no run',
    (pk) => {
      const item = { ...encodeRun(sampleRun()), pk };
      expect(decodeItem(item)).toBeUndefined();
      expect(() => decodeRun(item)).toThrowError(expect.objectContaining({ code: 'DamagedItem' }));
    },
  );

  test('has its sets as sets, and none that is empty', () => {
    const item = encodeRun(sampleRun({ waitsFor: ['b', 'a'] as RunId[] }));
    expect(marshall(item)).toMatchObject({ W: { SS: ['b', 'a'] } });
    expect(Object.keys(item)).not.toContain('D');
    expect(() => encodeRun(sampleRun({ dependents: [] }))).toThrowError(/empty/);
  });

  test.each([
    ['active', 'active'],
    ['ending', 'active'],
    ['paused', 'paused'],
    ['skipped', 'skipped'],
  ] as const)('that is %s has that as its phase, and stands in the index as %s', (phase, place) => {
    const run = sampleRun({ phase });
    expect(encodeRun(run)).toMatchObject({ s: phase, statePk: `${place}#${shardOf(run)}` });
    // What the index says is not asked: it nominates only.
    expect(decodeRun({ ...encodeRun(run), statePk: 'elsewhere' })).toEqual(run);
  });

  test('without its phase is damaged, whatever the index says', () => {
    const { s: _phase, ...item } = encodeRun(sampleRun());
    expect(decodeItem(item)).toMatchObject({ unreadable: true, damage: expect.stringMatching(/phase/) });
  });

  test('stays below 1 KB for a plain task, so that a write costs one unit', () => {
    const run = sampleRun({
      tenant: 'some-tenant' as never,
      input: { text: JSON.stringify({ key: 'x'.repeat(200) }) },
      idempotencyKey: 'k'.repeat(40),
    });
    expect(JSON.stringify(marshall(encodeRun(run))).length).toBeLessThan(1_024);
  });
});

function leaves(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value];
  return Object.values(value).flatMap(leaves);
}
