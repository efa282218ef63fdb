import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TenantId, tenantId } from '../../lib/model/ids.ts';
import type { Run } from '../../lib/model/run.ts';
import type { Creation } from '../../lib/model/transition.ts';
import { leave } from '../../lib/protocol/leave.ts';
import { sampleRun, start } from '../support/sample-run.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';

/** The only one that has no transactions, and says so. */
const without = 'dynalite';
const subjects = storeSubjects();

const newTenant = () => tenantId(`t-${randomUUID()}`);
/** Of a run that has ended and owes nothing but its place. */
const counted = (tenant: TenantId, openMax: number): Creation => ({
  name: 'submit',
  openMax,
  run: sampleRun({ tenant, phase: 'ending', ended: 'succeeded', endedAt: start, counted: true }),
});
const several = (count: number, tenant: TenantId, openMax: number) =>
  Array.from({ length: count }, () => counted(tenant, openMax));
const full = { code: 'TooManyRuns' };

describe.each(subjects.filter(({ name }) => name !== without))('open runs: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  const create = (creation: Creation) => stores.runs.create(creation);
  const goes = (run: Run) => stores.runs.apply(leave(run, 9));
  /** How many of these are refused: for want of a place, not otherwise. */
  const refusedOf = async (writes: readonly Promise<unknown>[]) => {
    const settled = await Promise.allSettled(writes);
    const refused = settled.filter((each) => each.status === 'rejected');
    for (const { reason } of refused) expect(reason).toMatchObject(full);
    return refused.length;
  };

  test('as many come to be as may be open, as they were given, and none beyond', async () => {
    const tenant = newTenant();
    const [first, second, third] = several(3, tenant, 2) as [Creation, Creation, Creation];
    expect(await create(first)).toEqual({ applied: true, run: first.run });
    expect(await create(second)).toMatchObject({ applied: true });
    await expect(create(third)).rejects.toMatchObject(full);
    expect(await stores.runs.get(first.run)).toEqual(first.run);
    expect(await stores.runs.get(third.run)).toBeUndefined();
    // The limit is that of whoever creates.
    expect(await create({ ...third, openMax: 3 })).toMatchObject({ applied: true });
    await expect(create(counted(tenant, 1))).rejects.toMatchObject(full);
  });

  test('one that is there is found, and not counted again, however many are open', async () => {
    const tenant = newTenant();
    const creation = counted(tenant, 2);
    await create(creation);
    expect(await create(creation)).toEqual({ applied: false, run: creation.run });
    await create(counted(tenant, 2));
    expect(await create(creation)).toEqual({ applied: false, run: creation.run });
    expect(await create({ ...creation, openMax: 1 })).toMatchObject({ applied: false });
  });

  test('one that leaves gives its place back, once', async () => {
    const tenant = newTenant();
    const [first, second, third, fourth] = several(4, tenant, 2) as [Creation, Creation, Creation, Creation];
    await create(first);
    await create(second);
    const left = await goes(first.run);
    const { ended: _, ...kept } = first.run;
    expect(left).toEqual({
      applied: true,
      run: { ...kept, phase: 'succeeded', at: start, expires: 9, rev: first.run.rev + 1 },
    });
    expect(await stores.runs.get(first.run)).toEqual(left.run);
    expect(await goes(first.run)).toEqual({ applied: false, run: left.run });
    expect(await create(third)).toMatchObject({ applied: true });
    await expect(create(fourth)).rejects.toMatchObject(full);
  });

  test('one that may not leave gives nothing back', async () => {
    const tenant = newTenant();
    const creation = counted(tenant, 1);
    await create(creation);
    const { run } = creation;
    expect(await goes({ ...run, rev: run.rev + 1 })).toEqual({ applied: false, run });
    const missing = sampleRun({ tenant, phase: 'ending', ended: 'failed', endedAt: start, counted: true });
    expect(await goes(missing)).toEqual({ applied: false, run: undefined });
    await expect(create(counted(tenant, 1))).rejects.toMatchObject(full);
  });

  test('other tenants, and runs that are not counted, have nothing to do with it', async () => {
    const tenant = newTenant();
    await create(counted(tenant, 1));
    expect(await create(counted(newTenant(), 1))).toMatchObject({ applied: true });
    const plain = sampleRun({ tenant, phase: 'ending', ended: 'succeeded', endedAt: start });
    expect(await create({ name: 'submit', run: plain })).toMatchObject({ applied: true });
    expect(await goes(plain)).toMatchObject({ applied: true });
    await expect(create(counted(tenant, 1))).rejects.toMatchObject(full);
  });

  test('several come to be together where there is a place for each, or none of them', async () => {
    const tenant = newTenant();
    const two = several(2, tenant, 4);
    expect(await stores.runs.createAll(two)).toEqual({ created: true });
    const three = several(3, tenant, 4);
    await expect(stores.runs.createAll(three)).rejects.toMatchObject(full);
    for (const { run } of three) expect(await stores.runs.get(run)).toBeUndefined();
    expect(await stores.runs.createAll(several(2, tenant, 4))).toEqual({ created: true });
    expect(await stores.runs.createAll(two)).toEqual({ created: false, existing: two.map(({ run }) => run) });
    await expect(stores.runs.createAll(several(5, newTenant(), 4))).rejects.toMatchObject(full);
    const most = several(99, newTenant(), 99);
    expect(await stores.runs.createAll(most)).toEqual({ created: true });
    await expect(stores.runs.createAll(several(100, newTenant(), 200))).rejects.toThrow('the limit is 99');
  });

  test('exactly so many, however many ask at once, and while others leave', async () => {
    const tenant = newTenant();
    const first = several(12, tenant, 5);
    expect(await refusedOf(first.map(create))).toBe(7);
    const there = (await Promise.all(first.map(({ run }) => stores.runs.get(run)))).filter(Boolean) as Run[];
    expect(there).toHaveLength(5);
    // Each of them is asked to leave by two at once.
    const left = await Promise.all([...there, ...there].map(goes));
    expect(left.filter(({ applied }) => applied)).toHaveLength(5);
    expect(await refusedOf(several(9, tenant, 5).map(create))).toBe(4);
  });
});

const dynalite = subjects.filter(({ name }) => name === without);

describe.runIf(dynalite.length > 0)('where there are no transactions', () => {
  test('nothing can be counted, which is said instead of being done half', async () => {
    const stores = await dynalite[0]?.open();
    if (!stores) throw new Error('there is no such endpoint');
    const creation = counted(newTenant(), 5);
    const says = { code: 'InvalidSetting', field: 'openRuns' };
    await expect(stores.runs.create(creation)).rejects.toMatchObject(says);
    await expect(stores.runs.createAll([creation])).rejects.toMatchObject(says);
    expect(await stores.runs.get(creation.run)).toBeUndefined();
    await stores.close();
  });
});
