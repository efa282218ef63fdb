import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runStatuses } from '../../lib/model/run.ts';
import { hrefOf, type Place, placeOf } from '../../web/app/router.ts';

const id = fc.string({ minLength: 1, unit: 'binary' }).filter((text) => text.isWellFormed());
const text = id;
const route = fc.oneof(
  fc.constantFrom(
    { page: 'overview' as const },
    { page: 'workers' as const },
    { page: 'definitions' as const },
  ),
  fc.record({ page: fc.constant('definition' as const), id }),
  fc.record({ page: fc.constant('run' as const), id, node: text }, { requiredKeys: ['page', 'id'] }),
  fc.record({
    page: fc.constant('runs' as const),
    filter: fc.record(
      { status: fc.constantFrom(...runStatuses), name: text, since: text, until: text },
      { requiredKeys: [] },
    ),
  }),
);
const places: fc.Arbitrary<Place> = fc.record({ route, tenant: text }, { requiredKeys: ['route'] });

describe('a place', () => {
  it('is the same after a way through its link, whatever ids and names are', () => {
    fc.assert(
      fc.property(places, (place) => {
        const link = new URL(hrefOf(place), 'http://127.0.0.1/');
        expect(placeOf(link.hash)).toEqual(place);
      }),
    );
  });

  it.each(['', '#', '#/', '#//'])('%j is the overview', (hash) => {
    expect(placeOf(hash)).toEqual({ route: { page: 'overview' } });
  });

  it('is unknown rather than wrong', () => {
    expect(placeOf('#/nothing').route).toEqual({ page: 'unknown', path: '/nothing' });
    expect(placeOf('#/runs/a/b').route).toMatchObject({ page: 'unknown' });
    expect(placeOf('#/runs/%E0%A4%A').route).toEqual({ page: 'run', id: '%E0%A4%A' });
    expect(placeOf('#/runs?status=lost&name=').route).toEqual({ page: 'runs', filter: {} });
  });

  it('is read of anything without a throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (hash) => {
        expect(placeOf(hash).route.page).toBeTypeOf('string');
      }),
    );
  });
});
