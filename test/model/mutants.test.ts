import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { guardNames } from './guard-names.ts';
import { listedGuards, mutants } from './mutants.ts';
import type { Mutation } from './scenario.ts';
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

const groups = ['tasks', 'sequences', 'forks', 'signals', 'people', 'children', 'dependencies'] as const;
const everyScenario = groups.flatMap((group) => scenarios(group, 'usual'));

describe('is equivalent', () => {
  const equivalents = mutants.flatMap((mutant) =>
    mutant.equivalent === undefined
      ? []
      : [{ name: `${mutant.mutation.name}: ${mutant.equivalent}`, mutant }],
  );
  it.each(equivalents)('$name', { timeout: isLarge ? 3_600_000 : 60_000 }, ({ mutant }) => {
    const watched = new Watched(mutant.mutation);
    const own = scenarioNamed(mutant.scenario, mutant.over);
    for (const each of isLarge ? [own, ...everyScenario] : [own]) {
      const trace = explore(each, watched.mutation).counterexample?.trace.join('\n');
      expect(trace, 'noticed after all: say where, instead of why not').toBeUndefined();
    }
    expect(watched.isMet, 'whether a write has the guard').toBe(mutant.isUnmet === undefined);
  });
});

/** A mutation, and whether there was anything to be taken away by it. */
class Watched {
  readonly mutation: Mutation;
  isMet: boolean;

  constructor({ transition, ...rest }: Mutation) {
    this.isMet = transition === undefined;
    this.mutation = {
      ...rest,
      ...(transition && {
        transition: (whole) => {
          const left = transition(whole);
          this.isMet ||= left.guards.length < whole.guards.length;
          return left;
        },
      }),
    };
  }
}
