import { describe, expect, it } from 'vitest';
import { dollarsOf, totalOf } from '../../../lib/cost/dollars.ts';
import { pricesIn } from '../../../lib/cost/prices.ts';
import { readSpent, spentText } from '../../../lib/cost/spent-text.ts';
import { currentTab, Tab, withTab } from '../../../lib/cost/tab.ts';
import { nothing, plus, sumOf, usageOfCounts } from '../../../lib/cost/usage.ts';

describe('usage', () => {
  it('adds up, and is taken away', () => {
    const usage = sumOf([{ writes: 1, tableUnits: 2 }, { writes: 2, sqsRequests: 0.5 }, {}]);
    expect(usage).toEqual({ ...nothing, writes: 3, tableUnits: 2, sqsRequests: 0.5 });
    expect(plus(usage, usage, -1)).toEqual(nothing);
    expect(sumOf([])).toEqual(nothing);
  });

  it('is found among counts of requests', () => {
    const counts = { 'dynamodb:PutItem': 3, 'units:writes': 3, 'units:tableUnits': 4, 'units:other': 9 };
    expect(usageOfCounts(counts)).toEqual({ ...nothing, writes: 3, tableUnits: 4 });
  });

  it('is billed by the service that was asked', () => {
    const million = { ...nothing, tableUnits: 3e6, indexUnits: 3e6, readUnits: 2e6, sqsRequests: 1e6 };
    expect(dollarsOf(million, pricesIn())).toEqual({
      dynamodb: expect.closeTo(6 * 0.625 + 2 * 0.125, 9),
      sqs: expect.closeTo(0.4, 9),
      s3: 0,
      lambda: 0,
    });
    const other = {
      ...nothing,
      s3Puts: 1e3,
      s3Gets: 1e4,
      lambdaRequests: 1e6,
      armGigabyteSeconds: 1e6,
      x86GigabyteSeconds: 1e6,
    };
    const dollars = dollarsOf(other, pricesIn());
    expect(dollars.s3).toBeCloseTo(0.009, 9);
    expect(dollars.lambda).toBeCloseTo(0.2 + 13.3334 + 16.6667, 9);
    expect(totalOf(dollars)).toBeCloseTo(dollars.s3 + dollars.lambda, 9);
  });
});

describe('what is kept beside a node', () => {
  it.each([
    [
      'a claim and the end, its message one of ten',
      { writes: 2, tableUnits: 2, indexUnits: 2, sqsRequests: 0.2 },
      'w2i2q504',
    ],
    ['a large item', { writes: 1, tableUnits: 3 }, 'w1t3'],
    ['reads', { writes: 1, tableUnits: 1, reads: 2, readUnits: 1.5 }, 'w1r2h3'],
    ['consistent reads of small items', { writes: 1, tableUnits: 1, reads: 2, readUnits: 2 }, 'w1r2'],
    ['a bucket', { writes: 1, tableUnits: 1, s3Puts: 1, s3Gets: 2 }, 'w1p1g2'],
    [
      'a function',
      { writes: 1, tableUnits: 1, lambdaRequests: 1 / 3, armGigabyteSeconds: 0.00025, x86GigabyteSeconds: 2 },
      'w1l840a256x2048000',
    ],
    ['nothing at all', {}, ''],
  ])('%s', (_what, usage, text) => {
    const whole = plus(nothing, usage);
    expect(spentText(whole)).toBe(text);
    expect(readSpent(text)).toEqual(whole);
  });

  it('is nothing for the usual step, and read as that', () => {
    const step = plus(nothing, { writes: 1, tableUnits: 1 });
    expect(spentText(step)).toBeUndefined();
    expect(readSpent()).toEqual(step);
  });

  it('has shares that add up to whole requests', () => {
    for (const size of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
      const share = readSpent(spentText(plus(nothing, { sqsRequests: 1 / size })));
      expect(sumOf(Array.from({ length: size }, () => share)).sqsRequests).toBeCloseTo(1, 12);
    }
  });

  it('owes nothing, and passes over what later versions tell', () => {
    expect(spentText(plus(nothing, { writes: 2, tableUnits: 2, sqsRequests: -1 }))).toBe('w2');
    expect(readSpent('w2z7')).toEqual(plus(nothing, { writes: 2, tableUnits: 2 }));
  });
});

describe('a tab', () => {
  it('takes what is counted while the work goes on, wherever in it', async () => {
    const [own, other] = [new Tab(), new Tab()];
    await Promise.all([
      withTab(own, async () => {
        await Promise.resolve();
        currentTab()?.add({ writes: 1 });
        await withTab(other, async () => currentTab()?.add({ writes: 5 }));
        currentTab()?.add({ writes: 1 });
      }),
      withTab(other, async () => currentTab()?.add({ reads: 1 })),
    ]);
    expect(own.sum).toEqual({ ...nothing, writes: 2 });
    expect(other.sum).toEqual({ ...nothing, writes: 5, reads: 1 });
    expect(currentTab()).toBeUndefined();
  });

  it('keeps what was more than foreseen, and owes what was less', () => {
    const tab = new Tab();
    tab.add({ writes: 2 });
    tab.settle({ writes: 3, sqsRequests: 1 });
    tab.add({ writes: 1, sqsRequests: 1 });
    expect(tab.sum).toEqual(nothing);
  });
});
