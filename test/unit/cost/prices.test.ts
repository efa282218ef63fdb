import { expect, it } from 'vitest';
import { isPriced, pricedRegions, pricesIn } from '../../../lib/cost/prices.ts';

it('has a price above zero for everything, in each region', () => {
  for (const region of pricedRegions) {
    const prices = Object.entries(pricesIn(region));
    expect(prices).toHaveLength(Object.keys(pricesIn()).length);
    expect(prices.filter(([, price]) => !(price > 0))).toEqual([]);
  }
  expect(pricesIn()).toEqual(pricesIn('us-east-1'));
  expect(pricesIn('eu-west-1').writeUnit).toBeGreaterThan(pricesIn().writeUnit);
});

it('names the regions it knows to who asks for another', () => {
  expect(() => pricesIn('mars-north-1')).toThrow(
    expect.objectContaining({
      code: 'UnknownRegion',
      field: 'region',
      message: 'There are no prices of the region "mars-north-1"',
      hint: expect.stringContaining('us-east-1, eu-west-1, eu-central-1'),
    }),
  );
  // Names that every object has are none of a region.
  expect(['constructor', 'toString', '', undefined].filter(isPriced)).toEqual([]);
});
