import type { Definition } from '../../lib/define/registry.ts';
import { type Against, type Figure, type Size, sampler } from '../figure.ts';
import type { Group } from '../group.ts';
import { latencyOf, rateOf, type Work } from '../load.ts';
import { rawPuts } from './floor.ts';
import { RivalProcesses, rivals } from './rivals.ts';
import { inFlight, Shared } from './shared.ts';
import { addOne, forkOfTen, threeSteps } from './work.ts';

const put = 'raw conditional PutItem';
const three = 'three steps in sequence';
const fork = 'fork of 10 and its join';
const putRate = `raw conditional PutItem, ${inFlight} in flight`;
const task = 'task, submitted to durable';
const taskRate = `tasks, ${inFlight} in flight`;
const byHand = rateName(rivals[0].name);

/** As far as services in the same region of AWS are: there, waiting is most of what a request takes. */
const distanceMs = 5;
const far = (name: string): string => `${name}, all ${distanceMs} ms away`;

/** How many make a sample: of the slow ones less, so that a round stays short. */
const counts = {
  quick: { puts: 100, tasks: 20, slow: 5, rate: 96 },
  full: { puts: 300, tasks: 100, slow: 30, rate: 640 },
} as const satisfies Record<Size, object>;

/** @param endpoint of a DynamoDB; else that of the embedded runtime */
export function taskGroup(endpoint: string | undefined): Group {
  const shared = new Shared(endpoint);
  const away = new Shared(endpoint, distanceMs);
  const others = new RivalProcesses(() => shared.stack());
  return {
    name: 'tasks',
    title: 'Tasks',
    figures: [
      latency(put, putsOn(shared), 'puts'),
      latency(task, runsOn(shared, addOne), 'tasks', { figure: put, aim: 4 }),
      latency(three, runsOn(shared, threeSteps), 'tasks', { figure: task, aim: 1.7 }),
      latency(fork, runsOn(shared, forkOfTen), 'slow', { figure: task, aim: 4 }),
      ...rivals.map((rival) => ofRival(others, rival, 'latency')),
      rate(putRate, putsOn(shared)),
      rate(taskRate, runsOn(shared, addOne), { figure: putRate, aim: 0.3 }, { figure: byHand, aim: 2 }),
      ...rivals.map((rival) => ofRival(others, rival, 'rate')),
      latency(far(put), putsOn(away), 'tasks'),
      latency(far(task), runsOn(away, addOne), 'slow', { figure: far(put), aim: 4 }),
      latency(far(three), runsOn(away, threeSteps), 'slow', { figure: far(task), aim: 1.7 }),
      latency(far(fork), runsOn(away, forkOfTen), 'slow', { figure: far(task), aim: 4 }),
    ],
    async close() {
      await others.close();
      await away.close();
      await shared.close();
    },
  };
}

const runsOn = (shared: Shared, definition: Definition) => async (): Promise<Work> => {
  const { run } = await shared.holdfast();
  return () => run(definition, 1);
};

const putsOn = (shared: Shared) => async () => rawPuts(await shared.stack(), shared.distanceMs);

function rateName(name: string): string {
  return `${name}, ${inFlight} in flight`;
}

function ofRival(others: RivalProcesses, rival: (typeof rivals)[number], ask: 'latency' | 'rate'): Figure {
  const isLatency = ask === 'latency';
  return {
    name: isLatency ? rival.name : rateName(rival.name),
    unit: isLatency ? 'ms' : '/s',
    better: isLatency ? 'lower' : 'higher',
    against: [{ figure: isLatency ? put : putRate }],
    async prepare(size) {
      const answer = await others.start(rival);
      const count = counts[size][isLatency ? rival.latency : 'rate'];
      return sampler(() => answer({ ask, count }));
    },
  };
}

function latency(
  name: string,
  makeWork: () => Promise<Work>,
  count: 'puts' | 'tasks' | 'slow',
  ...against: Against[]
): Figure {
  return {
    name,
    unit: 'ms',
    better: 'lower',
    against,
    async prepare(size) {
      const work = await makeWork();
      return sampler(() => latencyOf(work, counts[size][count]));
    },
  };
}

function rate(name: string, makeWork: () => Promise<Work>, ...against: Against[]): Figure {
  return {
    name,
    unit: '/s',
    better: 'higher',
    against,
    async prepare(size) {
      const work = await makeWork();
      return sampler(() => rateOf(work, counts[size].rate, inFlight));
    },
  };
}
