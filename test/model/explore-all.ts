import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { type Group, type Size, scenarios } from './scenarios.ts';

const size: Size = process.env.HOLDFAST_MODEL === 'large' ? 'large' : 'usual';

/** The tests of one group of scenarios: a file for each group, so that they are explored side by side. */
export function exploreAll(group: Group): void {
  describe(`every state of ${group} within the ${size} bounds keeps the invariants, and every run can still end`, () => {
    it.each(scenarios(group, size).map((scenario) => ({ name: scenario.name, scenario })))(
      '$name',
      { timeout: size === 'large' ? 7_200_000 : 240_000 },
      ({ name, scenario }) => {
        const { states, steps, depth, counterexample } = explore(scenario);
        const trace = counterexample && [...counterexample.broken, ...counterexample.trace].join('\n');
        expect(trace, 'a shortest way to a broken invariant').toBeUndefined();
        console.log(`${name}: ${states} states, ${steps} steps, at most ${depth} from the beginning`);
      },
    );
  });
}
