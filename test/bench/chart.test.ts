import { describe, expect, it } from 'vitest';
import { chartOf } from '../../bench/chart/chart.ts';
import { digits, logScale } from '../../bench/chart/scale.ts';
import { sampleReport } from './sample-report.ts';

describe('the chart', () => {
  const svg = chartOf(sampleReport);

  it('shows each figure that is held against another: the best first, our own in its colour', () => {
    const labels = [...svg.matchAll(/class="(own|label)" text-anchor="start">([^<]+)</g)];
    expect(labels.map(([, kind, name]) => [kind, name])).toEqual([
      ['own', 'own &#60;task&#62;'],
      ['label', 'rival'],
      ['label', 'a chain'],
    ]);
    // Median and spread: between 1 and 20 on two powers of ten.
    expect(svg).toContain('class="value" text-anchor="start">5 ×, aim 4 ×<');
    expect(svg.match(/<circle [^>]+ class="other"/g)).toHaveLength(1);
  });

  it('draws what grows beside how it may grow', () => {
    const [allowed, grown] = [...svg.matchAll(/<polyline points="([^"]+)" class="(aim|own)"/g)];
    expect([allowed?.[2], grown?.[2]]).toEqual(['aim', 'own']);
    const [from, to] = (grown?.[1] ?? '').split(' ');
    expect(allowed?.[1]?.split(' ')[0]).toBe(from);
    // Faster than it may: the line ends above the dashed one.
    const heightOf = (point = '') => Number(point.split(',')[1]);
    expect(heightOf(to)).toBeLessThan(heightOf(allowed?.[1]?.split(' ')[1]));
  });

  it('has elements that are closed, names that are escaped, and places that are numbers', () => {
    const open = [...svg.matchAll(/<(\w+)(?:\s[^>]*)?(?<!\/)>/g)].map(([, name]) => name);
    const closed = [...svg.matchAll(/<\/(\w+)>/g)].map(([, name]) => name);
    expect(open.toSorted()).toEqual(closed.toSorted());
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('is there also without anything to show', () => {
    expect(chartOf({ ...sampleReport, groups: [], growth: [] })).toMatch(/^<svg .+<\/svg>\n$/s);
  });
});

describe('its scale', () => {
  it('has a power of ten below the least and one above the largest', () => {
    const { at, ticks } = logScale([0.2, 30], 300);
    expect(ticks).toEqual([0.1, 1, 10, 100]);
    expect(ticks.map(at).map(Math.round)).toEqual([0, 100, 200, 300]);
  });

  it('is as wide for one value', () => {
    expect(logScale([1], 10).ticks).toEqual([1, 10]);
  });

  it.each([
    [12_345, '12,300'],
    [4.5678, '4.57'],
    [0.012345, '0.0123'],
    [3, '3'],
  ])('shows %d as %s', (value, shown) => {
    expect(digits(value)).toBe(shown);
  });
});
