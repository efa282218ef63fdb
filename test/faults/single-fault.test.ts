import { afterAll, describe, expect, it } from 'vitest';
import { findUnlinearizable } from '../../lib/testing/linearizability.ts';
import { type Fault, faults } from './actor.ts';
import { play, scenarios } from './scenarios.ts';
import { type Victim, World } from './world.ts';

const victims: readonly Victim[] = ['client', 'executor', 'discovery'];

const met = new Map<string, number>();
afterAll(() => {
  const total = [...met.values()].reduce((sum, count) => sum + count, 0);
  console.log(`single faults: ${total}, all recovered; by step: ${JSON.stringify(Object.fromEntries(met))}`);
});

/** Every I/O of every scenario × every fault: one at a time, all of them. */
describe.each(scenarios)('$name', (scenario) => {
  it('ends as it should without a fault', async () => {
    const world = newWorld('client');
    scenario.outcome(await play(scenario, world));
    expect(world.runs.faultsSeen).toEqual([]);
    expect(world.runs.ended).toHaveLength(1);
  });

  it.each(victims)('recovers from any single fault of the %s', async (victim) => {
    const clean = newWorld(victim);
    await play(scenario, clean);
    const steps = clean.actors.get(victim)?.trace ?? [];
    const hits = new Map<string, number>();
    for (const fault of faults) {
      for (const [index, step] of steps.entries()) {
        const where = `${fault} at I/O ${index + 1} (${step})`;
        const world = newWorld(victim, { fault, at: index + 1 });
        const run = await play(scenario, world);
        expect(world.actors.get(victim)?.hit, `${where} was not met`).toBe(true);
        expect(() => scenario.outcome(run), where).not.toThrow();
        expect(world.runs.faultsSeen, where).toEqual([]);
        expect(world.runs.ended, `${where}: terminal commits`).toHaveLength(1);
        if ('workflow' in scenario) expect(world.withoutEffect(), `${where}: not done`).toEqual([]);
        expect(findUnlinearizable(world.leases.events), `${where}: history of the lease`).toBeUndefined();
        hits.set(step, (hits.get(step) ?? 0) + 1);
        met.set(step, (met.get(step) ?? 0) + 1);
      }
    }
    for (const step of new Set(steps)) expect(hits.get(step)).toBeGreaterThanOrEqual(faults.length);
  });

  function newWorld(victim: Victim, planned?: { fault: Fault; at: number }): World {
    const world: World = new World(
      scenario.tasks({ now: () => world.clock.now(), after: (ms, fire) => world.clock.after(ms, fire) }),
      victim,
      planned,
    );
    return world;
  }
});
