import '../../lib/testing/simulation/still-usage.ts';
import { setImmediate } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { noTenant } from '../../lib/model/ids.ts';
import { findUnlinearizable } from '../../lib/testing/linearizability.ts';
import { faults } from './actor.ts';
import { play, type Scenario } from './scenario.ts';
import { type Given, type Victim, World } from './world.ts';

/**
 * One fault costs so much at most: a freeze or a lease, two discoveries, and a step done again. A wake-up that got lost
 * would cost at least 15 minutes.
 */
const lateMsMax = 330_000;

const everybody: readonly Victim[] = ['client', 'executor', 'discovery'];

/** A fork with children has some five hundred single faults. */
const timeout = 300_000;

/** Every I/O of every scenario × every fault: one at a time, all of them. */
export function testEveryFault(scenarios: readonly Scenario[]): void {
  const met = new Map<string, number>();
  afterAll(() => {
    const total = [...met.values()].reduce((sum, count) => sum + count, 0);
    const steps = JSON.stringify(Object.fromEntries(met));
    console.log(`single faults: ${total} in ${scenarios.length} scenarios, all recovered; by step: ${steps}`);
  });

  // Not by `describe.each`, which cuts long names.
  for (const scenario of scenarios) describe(scenario.name, () => testScenario(scenario, met));
}

function testScenario(scenario: Scenario, met: Map<string, number>): void {
  it('ends as it should without a fault', async () => {
    const { outcome, undisturbed = outcome } = scenario;
    await expectRecovery({ ...scenario, outcome: undisturbed }, newWorld(scenario), 'without a fault');
  });

  it('ends as it should while everything is rung for nothing', async () => {
    await expectRecovery(scenario, newWorld(scenario, { ringsForNothing: true }), 'rung for nothing');
  });

  it.each(scenario.victims ?? everybody)(
    'recovers from any single fault of the %s',
    { timeout },
    async (victim) => {
      const clean = newWorld(scenario);
      await play(scenario, clean);
      const end = await endOf(clean);
      const steps = clean.actors.get(victim)?.trace ?? [];
      expect(steps).not.toEqual([]);
      for (const fault of faults) {
        for (const [index, step] of steps.entries()) {
          // Nothing else gives the event loop a turn, which the runner's own timers need.
          await setImmediate();
          const where = `${fault} at I/O ${index + 1} (${step})`;
          const world = newWorld(scenario, { victim, planned: { fault, at: index + 1 } });
          await expectRecovery(scenario, world, where);
          expect(world.actors.get(victim)?.hit, `${where} was not met`).toBe(true);
          expect((await endOf(world)) - end, `${where}: late`).toBeLessThanOrEqual(lateMsMax);
          met.set(step, (met.get(step) ?? 0) + 1);
        }
      }
    },
  );
}

async function expectRecovery(scenario: Scenario, world: World, where: string): Promise<void> {
  const seen = await play(scenario, world);
  try {
    scenario.outcome(...seen);
  } catch (cause) {
    throw new Error(`${where}: ${cause}`, { cause });
  }
  expect(world.runs.faultsSeen, where).toEqual([]);
  expect(await world.runs.notOver(), `${where}: runs`).toEqual([]);
  expect(world.runs.openRuns(noTenant), `${where}: counted as open`).toBe(0);
  if (scenario.isWorkflow) expect(world.withoutEffect(), `${where}: not done`).toEqual([]);
  for (const each of await world.runs.all()) world.leases.read(each);
  expect(findUnlinearizable(world.leases.events), `${where}: history of the lease`).toBeUndefined();
}

function newWorld(scenario: Scenario, given: Omit<Given, 'leavesDuties' | 'openRuns'> = {}): World {
  const world: World = new World(
    scenario.tasks({ now: () => world.clock.now(), after: (ms, fire) => world.clock.after(ms, fire) }),
    { ...given, leavesDuties: scenario.leavesDuties, openRuns: scenario.openRuns },
  );
  return world;
}

const endOf = async (world: World) => Math.max(...(await world.runs.all()).map(({ endedAt = 0 }) => endedAt));
