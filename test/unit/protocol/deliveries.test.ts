import { expect, it } from 'vitest';
import type { Shape } from '../../../lib/model/definition.ts';
import type { DefinitionHash, RunId } from '../../../lib/model/ids.ts';
import { deliveryRun, deliveryRunId } from '../../../lib/protocol/deliver-result.ts';
import { retryId } from '../../../lib/protocol/retry.ts';
import { sampleRun } from '../../support/sample-run.ts';

const shape: Shape = { kind: 'task', name: 'deliver', body: [{ kind: 'step', id: 'task', task: 'deliver' }] };
const delivery = {
  id: deliveryRunId('r' as RunId, 1),
  hash: 'deliver-hash' as DefinitionHash,
  shape,
  plan: { attemptsMax: 12, leaseMs: 60_000 },
  input: { text: '{}' },
  nameChild: () => 'child' as RunId,
};

it('makes of a delivery a run of its own, whose id follows from the run and the place of its target', () => {
  expect(delivery.id).toBe('r~to2');
  expect(retryId(delivery.id)).toBe('r~to2~2');
  expect(deliveryRunId(retryId('r' as RunId), 0)).toBe('r~2~to1');
});

it.each([{}, { traceparent: '00-1-1-01' }])('goes where the run went: %j', (more) => {
  const run = sampleRun({ pool: 'big', priority: 'low', tags: ['gpu'], ...more });
  const { creation, dispatches } = deliveryRun(run, delivery, 1_000_000);
  expect(creation.run).toMatchObject({
    run: 'r~to2',
    name: 'deliver',
    hash: 'deliver-hash',
    pool: 'big',
    priority: 'low',
    deliveryOf: run.run,
    phase: 'active',
    nodes: { task: { status: 'ready', attemptsMax: 12 } },
    ...more,
  });
  expect(creation.run).toHaveProperty('tags', []);
  expect(creation.run).not.toHaveProperty('deliverTo');
  expect(dispatches).toMatchObject([{ message: { run: 'r~to2', hash: 'deliver-hash' }, delayMs: 0 }]);
});
