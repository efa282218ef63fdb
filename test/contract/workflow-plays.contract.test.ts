import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import pLimit from 'p-limit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runId, tenantId } from '../../lib/model/ids.ts';
import type { Dispatch } from '../../lib/model/message.ts';
import { nodesOf, type Run } from '../../lib/model/run.ts';
import type { Creation, Transition } from '../../lib/model/transition.ts';
import { type Applied, type RunStore, shardCount } from '../../lib/ports/run-store.ts';
import { arbitraryPlan, inputOf, meaningOf, payloadOf, workflowOf } from '../support/arbitrary-workflow.ts';
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
    await fc.assert(
      fc.asyncProperty(arbitraryPlan, fc.integer({ min: 0, max: 9 }), async (plan, n) => {
        const play = workflowOf(plan);
        const system = new VirtualSystem({ play });
        const mirrored = mirror(system.runs, stores.runs, ({ name }) => {
          seen.add(name);
          writes += 1;
        });
        // A tenant of its own: the table is the same for all, and the ids of child runs are, too.
        const tenant = randomUUID();
        const run = await system.client.submit(play, inputOf(n), { tenant });
        await playThrough(system, tenant, run.id);
        expect(mirrored.differences).toEqual([]);
        const finished = await system.client.get(run, { tenant });
        expect(finished).toMatchObject({ status: 'succeeded', output: { n: meaningOf(plan, n), turns: [] } });
        expect(await activeRuns(system)).toEqual([]);
      }),
      {
        numRuns: 40,
        examples: [
          [everything, 3],
          [sideBySide, 3],
          [waits, 3],
        ],
      },
    );
    expect([...seen].sort()).toEqual(
      expect.arrayContaining([
        'await',
        'claim',
        'commit',
        'join',
        'leave',
        'notify',
        'pathCommit',
        'retry',
        'signal',
        'submit',
        'timeOut',
      ]),
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

const signal = { part: 'signal', comes: true, add: 2, otherwise: [] } as const;
const timeout = { part: 'signal', comes: false, add: 0, otherwise: [step, step] } as const;
/** Everything that is waited for from outside, where it stands in the way of something else, and alone. */
const waits = [
  signal,
  {
    part: 'fork',
    branches: [[signal, step], [timeout], [{ part: 'child', plan: [timeout, step] }], [step, signal]],
  },
  { part: 'loop', times: 3, body: [signal, { part: 'child', plan: [{ part: 'child', plan: [signal] }] }] },
  { ...timeout, otherwise: [] },
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
async function playThrough(system: VirtualSystem, tenant: string, id: string): Promise<void> {
  const key = { tenant: tenantId(tenant), run: runId(id) };
  for (let round = 0; (await system.runs.get(key))?.endedAt === undefined; round += 1) {
    if (round > 500) throw new Error('the workflow does not end');
    await sendSignals(system);
    if (system.queue.sent.length === 0) {
      await system.clock.advance(600_000);
      await system.discover();
    }
    const dispatches = system.queue.drain();
    await system.clock.advance(Math.max(0, ...dispatches.map(({ delayMs }) => delayMs)));
    await Promise.all(dispatches.map((dispatch, at) => deliver(system, dispatch, `worker-${at}`)));
  }
}

/** To every run what its nodes wait for, and once more than that: one of each name lies ready for the next. */
async function sendSignals(system: VirtualSystem): Promise<void> {
  for (const run of await activeRuns(system)) {
    const kept = new Set(run.signals?.map(({ name }) => name));
    for (const [, node] of nodesOf(run)) {
      if (node.status !== 'waiting' || !node.signal) continue;
      const { name } = node.signal;
      const payload = payloadOf(name);
      if (payload === undefined) continue;
      const { tenant, run: id } = run;
      await system.client.signal(id, name, payload, { tenant });
      if (!kept.has(name)) await system.client.signal(id, name, payload, { tenant });
      kept.add(name);
    }
  }
}

async function activeRuns(system: VirtualSystem): Promise<readonly Run[]> {
  const limit = 1_000;
  const pages = await Promise.all(
    Array.from({ length: shardCount }, (_, shard) => system.runs.query({ phase: 'active', shard, limit })),
  );
  return await system.runs.getMany(pages.flatMap(({ entries }) => entries));
}

async function deliver(system: VirtualSystem, dispatch: Dispatch, worker: string): Promise<void> {
  const verdict = await system.executor(worker).execute(system.delivery(dispatch.message));
  if (verdict.verdict === 'defer') {
    system.queue.sent.push({ ...dispatch, delayMs: verdict.visibility * 1_000 });
  }
}
