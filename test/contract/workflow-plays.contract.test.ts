import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Dispatch } from '../../lib/model/message.ts';
import type { Creation, Transition } from '../../lib/model/transition.ts';
import type { Applied, RunStore } from '../../lib/ports/run-store.ts';
import { arbitraryPlan, inputOf, meaningOf, workflowOf } from '../support/arbitrary-workflow.ts';
import { type Stores, storeSubjects } from '../support/store-subjects.ts';
import { VirtualSystem } from '../support/virtual-system.ts';

const [, ...tables] = storeSubjects();

/** The writes of whole workflows, as they come up, on a table and on the map that simulations use. */
describe.each(tables)('workflows on a table as in memory: $name', ({ open }) => {
  let stores: Stores;
  beforeAll(async () => {
    stores = await open();
  });
  afterAll(() => stores.close());

  test('each write is accepted, answered alike, and gives what the workflow means', {
    timeout: 180_000,
  }, async () => {
    const seen = new Set<string>();
    let writes = 0;
    let round = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryPlan, fc.integer({ min: 0, max: 9 }), async (plan, n) => {
        const play = workflowOf(plan);
        const system = new VirtualSystem({ play });
        const mirrored = mirror(system.runs, stores.runs, ({ name }) => {
          seen.add(name);
          writes += 1;
        });
        round += 1;
        const run = await system.client.submit(play, inputOf(n), {
          idempotencyKey: `${round}-${Math.random()}`,
        });
        await playThrough(system, run.id);
        expect(mirrored.differences).toEqual([]);
        const finished = await system.client.get(run);
        expect(finished).toMatchObject({ status: 'succeeded', output: { n: meaningOf(plan, n), turns: [] } });
      }),
      {
        numRuns: 40,
        examples: [
          [everything, 3],
          [sideBySide, 3],
        ],
      },
    );
    expect([...seen].sort()).toEqual(
      expect.arrayContaining(['claim', 'commit', 'join', 'pathCommit', 'retry', 'submit']),
    );
    expect(writes).toBeGreaterThan(300);
  });
});

const step = { part: 'step', add: 1, failures: 0, bulk: 300 } as const;
/** Three branches that end at once: none sees that the others have, so whoever is last opens the join apart. */
const sideBySide = [{ part: 'fork', branches: [[step], [step], [step]] }] as const;
/** All there is, each in each. */
const everything = [
  { part: 'step', add: 1, failures: 1, bulk: 3_000 },
  {
    part: 'fork',
    branches: [
      [step, { part: 'loop', times: 3, body: [{ part: 'fork', branches: [[step, step], [step]] }] }],
      [{ part: 'branch', even: [step, { part: 'delay', seconds: 1_800 }], otherwise: [] }, step],
      [{ part: 'fork', branches: [[step], [{ part: 'step', add: 2, failures: 1, bulk: 0 }]] }],
    ],
  },
  { part: 'loop', times: 2, body: [step, { part: 'branch', even: [step], otherwise: [step, step] }] },
] as const;

interface Mirror {
  readonly differences: unknown[];
}

/** Makes every write of the first store on the second too, one at a time, and notes where they answer differently. */
function mirror(first: RunStore, second: RunStore, onWrite: (write: { name: string }) => void): Mirror {
  const differences: unknown[] = [];
  const one = pLimit(1);
  const [create, apply] = [first.create.bind(first), first.apply.bind(first)];
  const compare = async (
    write: { readonly name: string },
    ask: () => Promise<Applied>,
    askSecond: () => Promise<Applied>,
  ) => {
    const expected = await ask();
    const actual = await askSecond().catch((error: unknown) => ({ error: `${error}` }));
    onWrite(write);
    try {
      expect(actual).toEqual(expected);
    } catch {
      differences.push({ write, expected, actual });
    }
    return expected;
  };
  first.create = (creation: Creation) =>
    one(() =>
      compare(
        creation,
        () => create(creation),
        () => second.create(creation),
      ),
    );
  first.apply = (transition: Transition) =>
    one(() =>
      compare(
        transition,
        () => apply(transition),
        () => second.apply(transition),
      ),
    );
  return { differences };
}

/** Messages of one moment are executed side by side; where there is none, discovery tends what has come due. */
async function playThrough(system: VirtualSystem, id: string): Promise<void> {
  for (let round = 0; (await system.stored(id)).phase === 'active'; round += 1) {
    if (round > 500) throw new Error('the workflow does not end');
    if (system.queue.sent.length === 0) {
      await system.clock.advance(600_000);
      await system.discover();
    }
    const dispatches = system.queue.drain();
    await system.clock.advance(Math.max(0, ...dispatches.map(({ delayMs }) => delayMs)));
    await Promise.all(dispatches.map((dispatch, at) => deliver(system, dispatch, `worker-${at}`)));
  }
}

async function deliver(system: VirtualSystem, dispatch: Dispatch, worker: string): Promise<void> {
  const verdict = await system.executor(worker).execute(system.delivery(dispatch.message));
  if (verdict.verdict === 'defer') {
    system.queue.sent.push({ ...dispatch, delayMs: verdict.visibility * 1_000 });
  }
}
