import { createClient } from '../../lib/client/create-client.ts';
import { awsClients } from '../../lib/compose/aws-clients.ts';
import { compose } from '../../lib/compose/compose.ts';
import { discover } from '../../lib/discovery/discover.ts';
import { noTenant, type RunId } from '../../lib/model/ids.ts';
import type { Run } from '../../lib/model/run.ts';
import { isReadable, type RunStore } from '../../lib/ports/run-store.ts';
import { medianOf } from '../measure.ts';
import { openStack } from '../stack/stack.ts';
import { addOne } from '../tasks/work.ts';
import type { Growth, Measure } from './growth.ts';
import { seed } from './seed.ts';
import { heldMb, meter } from './shared.ts';

const hourMs = 3_600_000;
const ticks = 5;
const tick = (grows: Measure['grows']): readonly Measure[] => [
  { name: 'one tick', unit: 'ms', grows },
  { name: 'requests of one tick', unit: 'requests', grows },
];

/** A tick of discovery while more and more runs wait, of which a hundred are due. */
export const waitingRuns = (endpoint: string | undefined): Growth => ({
  name: 'discovery, 100 runs due',
  of: 'runs that wait',
  measures: [...tick('not'), { name: 'held during a tick', unit: 'MB', grows: 'not' }],
  amounts: { quick: [100, 1_000, 10_000], full: [1_000, 10_000, 100_000] },
  async prepare() {
    const bench = await openTicks(endpoint);
    let waiting = 0;
    return {
      async measure(amount) {
        await bench.add(amount - waiting, hourMs);
        waiting = amount;
        const { ms, requests } = await bench.tick(100);
        return [ms, requests, await bench.heldMb(100)];
      },
      [Symbol.asyncDispose]: bench.close,
    };
  },
});

/** The same while more and more of ten thousand are due. */
export const dueRuns = (endpoint: string | undefined): Growth => ({
  name: 'discovery, 10,000 runs wait',
  of: 'runs that are due',
  measures: tick('with the work'),
  amounts: { quick: [10, 100], full: [10, 100, 1_000] },
  async prepare() {
    const bench = await openTicks(endpoint);
    await bench.add(10_000, hourMs);
    return {
      async measure(amount) {
        const { ms, requests } = await bench.tick(amount);
        return [ms, requests];
      },
      [Symbol.asyncDispose]: bench.close,
    };
  },
});

/** A table whose runs only discovery works on. */
async function openTicks(endpoint: string | undefined) {
  const stack = await openStack(endpoint);
  const { env, table } = stack;
  const { dynamodb } = awsClients(env);
  const ports = compose(env);
  const { id } = await createClient({ env }).submit(addOne, 1, { delay: '1h' });
  const template = await ports.runs.get({ tenant: noTenant, run: id as RunId });
  if (!isReadable(template)) throw new Error('the run that was submitted is not there');
  const add = (count: number, inMs: number) =>
    seed(dynamodb, table, count, (run): Run => ({ ...template, run, at: Date.now() + inMs }));
  return {
    add,
    /** So many are due in each; those that were looked at before are no longer. */
    async tick(due: number) {
      const times: number[] = [];
      let requests = 0;
      for (let n = 0; n < ticks; n++) {
        await add(due, -1_000);
        const taken = await meter(1, async () => {
          const { tended } = await discover(ports);
          if (tended !== due) throw new Error(`${tended} of ${due} due runs were tended`);
        });
        times.push(taken.ms);
        requests = taken.requests;
      }
      return { ms: medianOf(times), requests };
    },
    async heldMb(due: number) {
      await add(due, -1_000);
      const before = heldMb();
      let most = before;
      const look = <T>(value: T): T => {
        most = Math.max(most, heldMb());
        return value;
      };
      await discover({ ...ports, runs: looking(ports.runs, look) });
      return most - before;
    },
    close: () => stack[Symbol.asyncDispose](),
  };
}

/** Looks at every answer while it is there. */
const looking = (runs: RunStore, look: <T>(value: T) => T): RunStore => ({
  create: (creation) => runs.create(creation),
  createAll: (creations) => runs.createAll(creations),
  apply: (transition) => runs.apply(transition),
  applyUnread: (transition) => runs.applyUnread(transition),
  get: (key) => runs.get(key),
  getMany: async (keys) => look(await runs.getMany(keys)),
  query: async (query) => look(await runs.query(query)),
});
