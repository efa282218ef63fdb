import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { guardNames } from './guard-names.ts';
import { listedGuards, mutants } from './mutants.ts';
import { scenarioNamed, scenarios } from './scenarios.ts';

// With large bounds it is made sure in every scenario that an equivalent mutant is one.
const isLarge = process.env.HOLDFAST_MODEL === 'large';

it('every guard of the protocol has its mutant, and every mutant its guard', () => {
  expect([...listedGuards].sort()).toEqual(guardNames());
});

describe('is noticed', () => {
  const noticed = mutants.filter(({ equivalent }) => equivalent === undefined);
  it.each(noticed.map((mutant) => ({ name: mutant.mutation.name, mutant })))(
    '$name',
    { timeout: 60_000 },
    ({ mutant }) => {
      const { counterexample } = explore(scenarioNamed(mutant.scenario, mutant.over), mutant.mutation);
      expect(counterexample?.broken, 'the checker must find a broken invariant').toBeDefined();
    },
  );
});

const everyScenario = (['tasks', 'sequences', 'forks'] as const).flatMap((group) =>
  scenarios(group, 'usual'),
);

describe('is equivalent', () => {
  const equivalents = mutants.flatMap(({ mutation, scenario, equivalent }) =>
    equivalent === undefined ? [] : [{ name: `${mutation.name}: ${equivalent}`, mutation, scenario }],
  );
  it.each(equivalents)('$name', { timeout: isLarge ? 3_600_000 : 60_000 }, ({ mutation, scenario }) => {
    const within = isLarge ? everyScenario : [scenarioNamed(scenario)];
    for (const each of within) {
      const trace = explore(each, mutation).counterexample?.trace.join('\n');
      expect(trace, 'noticed after all: say where, instead of why not').toBeUndefined();
    }
  });
});
