import type { Client } from 'holdfast';
import type { Clock } from '../../lib/ports/clock.ts';
import { cancels } from './people.ts';
import { idempotencyKey, leftToDiscovery, type Scenario } from './scenario.ts';
import { endless, steadily } from './works.ts';

/*
 * As many runs are open as may be: whoever asks for them again finds them, and whatever happens, in the end none is
 * counted as open.
 */

const tasks = (clock: Clock) => ({
  steady: steadily(clock, (n) => n),
});

const ended =
  (...statuses: readonly string[]): Scenario['outcome'] =>
  (_run, all) => {
    const seen = all.map(({ status }) => status);
    if (seen.join() !== statuses.join()) throw new Error(`ended ${JSON.stringify(all)}`);
  };

const scenario = (
  name: string,
  act: (client: Client) => Promise<unknown>,
  more: Pick<Scenario, 'outcome'> & Partial<Scenario>,
): Scenario => ({ name: `open runs: ${name}`, tasks, openRuns: 1, act, ...more });

const one = (input: number) => (client: Client) => client.submitByName('steady', input, { idempotencyKey });
const two = (client: Client) =>
  client.submitAllByName([
    { ref: 'a', task: 'steady', input: 5, idempotencyKey },
    { ref: 'b', task: 'steady', input: 6, idempotencyKey: 'b', dependsOn: ['a'] },
  ]);

const scenarios = [
  scenario('one that succeeds', one(5), { outcome: ended('succeeded') }),
  scenario('one that fails', one(-1), { outcome: ended('failed') }),
  scenario('one that is cancelled', one(endless), { later: [cancels('abort')], outcome: ended('cancelled') }),
  scenario('a batch', two, { openRuns: 2, outcome: ended('succeeded', 'succeeded') }),
];

export const openRunsScenarios: readonly Scenario[] = [...scenarios, ...leftToDiscovery(scenarios)];
