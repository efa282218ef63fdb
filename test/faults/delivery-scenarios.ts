import type { Client } from 'holdfast';
import type { Run } from '../../lib/client/run-view.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { cancels } from './people.ts';
import { idempotencyKey, leftToDiscovery, type Scenario } from './scenario.ts';
import { endless, steadily } from './works.ts';

const tasks = (clock: Clock) => ({
  // Long enough to lie apart.
  steady: steadily(clock, (n) => 'x'.repeat(n)),
});

const deliverTo = [{ queue: 'results' }, { webhook: 'https://example.com/hook' }] as const;

/** The run ended so, and both targets have been told. */
const delivered = (status: Run['status']) => (run: Run, all: readonly Run[]) => {
  const deliveries = all.filter((each) => each.deliveryOf === run.id);
  if (run.status !== status || deliveries.length !== 2 || all.length !== 3)
    throw new Error(`ended ${JSON.stringify(all)}`);
  for (const delivery of deliveries) {
    const { event } = delivery.input as { event: { type: string; data: { id: string } } };
    if (delivery.status !== 'succeeded' || event.type !== `run.${status}` || event.data.id !== run.id)
      throw new Error(`delivered ${JSON.stringify(delivery)}`);
  }
};

const scenario = (
  name: string,
  input: number,
  more: Pick<Scenario, 'outcome'> & Partial<Scenario>,
): Scenario => ({
  name: `delivery: ${name}`,
  tasks,
  act: (client: Client) => client.submitByName('steady', input, { idempotencyKey, deliverTo }),
  ...more,
});

const deliveries = [
  scenario('of a result', 2_000, { outcome: delivered('succeeded') }),
  scenario('of a failure', -1, { outcome: delivered('failed') }),
  scenario('of a cancel', endless, { later: [cancels('abort')], outcome: delivered('cancelled') }),
];

export const deliveryScenarios: readonly Scenario[] = [...deliveries, ...leftToDiscovery(deliveries)];
