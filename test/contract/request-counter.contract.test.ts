import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { noTenant, tenantId } from '../../lib/model/ids.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

const second = 1_900_000_000;

describe.each(storeSubjects())('RequestCounter: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  const count = (...given: Parameters<Stores['requests']['count']>) => stores.requests.count(...given);

  test('so many are counted as may be, and none after them', async () => {
    const tenant = tenantId(randomUUID());
    const told: boolean[] = [];
    for (let n = 0; n < 5; n += 1) told.push(await count(tenant, second, 3));
    expect(told).toEqual([true, true, true, false, false]);
    // What was refused was not counted: one more may be, where one more is allowed.
    expect([await count(tenant, second, 4), await count(tenant, second, 4)]).toEqual([true, false]);
  });

  test('each second and each tenant has its own', async () => {
    const tenant = tenantId(randomUUID());
    expect(await count(tenant, second, 1)).toBe(true);
    expect(await count(tenant, second, 1)).toBe(false);
    expect(await count(tenant, second + 1, 1)).toBe(true);
    expect(await count(tenant, second - 1, 1)).toBe(true);
    expect(await count(tenantId(randomUUID()), second, 1)).toBe(true);
    expect(await count(noTenant, second, 1)).toBe(true);
    expect(await count(noTenant, second, 1)).toBe(false);
  });

  test('of 30 at once exactly as many are told so as may be', async () => {
    const tenant = tenantId(randomUUID());
    const told = await Promise.all(Array.from({ length: 30 }, () => count(tenant, second, 7)));
    expect(told.filter(Boolean)).toHaveLength(7);
  });
});
