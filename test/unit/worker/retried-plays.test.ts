import fc from 'fast-check';
import { NonRetryableError } from 'holdfast';
import { expect, it } from 'vitest';
import type { Registered } from '../../../lib/define/registry.ts';
import type { NodeCode } from '../../../lib/define/workflow/node-code.ts';
import type { Dispatch } from '../../../lib/model/message.ts';
import { nodesOf, type Run } from '../../../lib/model/run.ts';
import { shardCount } from '../../../lib/ports/run-store.ts';
import {
  arbitraryPlan,
  inputOf,
  meaningOf,
  payloadOf,
  workflowOf,
} from '../../support/arbitrary-workflow.ts';
import { VirtualSystem } from '../../support/virtual-system.ts';

/** Has the `chosen`th piece of user code that is executed fail for good. */
function failOnce(s: VirtualSystem, chosen: number): void {
  let executed = 0;
  const hooked =
    <Code extends (...given: never[]) => unknown>(code: Code) =>
    (...given: Parameters<Code>) => {
      executed += 1;
      if (executed === chosen) throw new NonRetryableError('chosen');
      return code(...given);
    };
  const failing = (code: NodeCode): NodeCode => {
    if (code.kind === 'step')
      return { ...code, task: { ...code.task, run: code.task.run && hooked(code.task.run) } } as never;
    if (code.kind === 'signal') return { ...code, merge: code.merge && hooked(code.merge) } as never;
    return 'run' in code ? ({ ...code, run: hooked(code.run) } as never) : code;
  };
  const known = new Map<Registered, Registered>();
  const byHash = s.registry.byHash.bind(s.registry);
  s.registry.byHash = (hash) => {
    const registered = byHash(hash);
    if (!registered || known.has(registered)) return registered && known.get(registered);
    const nodes = new Map([...registered.nodes].map(([path, code]) => [path, failing(code)]));
    known.set(registered, { ...registered, nodes });
    return known.get(registered);
  };
}

async function activeRuns(s: VirtualSystem): Promise<readonly Run[]> {
  const shards = Array.from({ length: shardCount }, (_, shard) => shard);
  const pages = await Promise.all(
    shards.map((shard) => s.runs.query({ phase: 'active', shard, limit: 1_000 })),
  );
  return (await s.runs.getMany(pages.flatMap(({ entries }) => entries))) as readonly Run[];
}

/** Sends what is waited for. */
async function sendSignals(s: VirtualSystem): Promise<void> {
  for (const run of await activeRuns(s)) {
    for (const [, { signal, status }] of nodesOf(run)) {
      const payload = status === 'waiting' && signal ? payloadOf(signal.name) : undefined;
      if (signal && payload !== undefined) await s.client.signal(run.run, signal.name, payload);
    }
  }
}

/** Until a run has ended, and has nothing to do with others any more. */
async function play(
  s: VirtualSystem,
  id: string,
  between: () => Promise<void> = async () => {},
): Promise<void> {
  for (let round = 0; (await s.stored(id)).expires === undefined; round += 1) {
    if (round > 500) throw new Error('the workflow does not end');
    await sendSignals(s);
    await between();
    if (s.queue.sent.length === 0) {
      await s.clock.advance(600_000);
      await s.discover();
    }
    const dispatches = s.queue.drain();
    await s.clock.advance(Math.max(0, ...dispatches.map(({ delayMs }) => delayMs)));
    await Promise.all(dispatches.map((dispatch, at) => deliver(s, dispatch, `worker-${at}`)));
  }
}

async function deliver(s: VirtualSystem, dispatch: Dispatch, worker: string): Promise<void> {
  const verdict = await s.executor(worker).execute(s.delivery(dispatch.message));
  if (verdict.verdict === 'defer') s.queue.sent.push({ ...dispatch, delayMs: verdict.visibility * 1_000 });
}

it('a run that goes on from wherever it failed means what it would have meant', {
  timeout: 120_000,
}, async () => {
  let failures = 0;
  await fc.assert(
    fc.asyncProperty(arbitraryPlan, fc.nat(9), fc.integer({ min: 1, max: 30 }), async (plan, n, chosen) => {
      const workflow = workflowOf(plan);
      const s = new VirtualSystem({ workflow });
      failOnce(s, chosen);
      const first = await s.client.submit(workflow, inputOf(n));
      await play(s, first.id);
      let run = await s.client.get(first);
      if (run.status === 'failed') {
        failures += 1;
        const again = await s.client.retry(run);
        await play(s, again.id);
        run = await s.client.get(again);
      }
      expect(run).toMatchObject({ status: 'succeeded', output: { n: meaningOf(plan, n), turns: [] } });
      expect(await activeRuns(s)).toEqual([]);
    }),
    { numRuns: 150 },
  );
  expect(failures).toBeGreaterThan(10);
});
