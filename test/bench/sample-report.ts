import type { Measured } from '../../bench/measure.ts';
import type { Report } from '../../bench/run.ts';
import { nothing } from '../../lib/cost/usage.ts';

/** A figure of two rounds. */
const measured = (over: Partial<Measured> & Pick<Measured, 'name'>): Measured => ({
  unit: 'ms',
  median: 2,
  min: 1,
  max: 3,
  samples: [1, 3],
  toBeat: undefined,
  aim: undefined,
  isBeaten: undefined,
  isReached: undefined,
  against: [],
  ...over,
});

const spread = { min: 1, max: 20 };

/** A report with something of everything. */
export const sampleReport: Report = {
  holdfast: '0.0.0',
  startedAt: '2026-11-22T03:00:00.000Z',
  size: 'quick',
  repetitions: 2,
  machine: { node: 'v24.0.0', cores: 2, cpu: 'a processor', load: [0.5, 1] },
  groups: [
    {
      name: 'tasks',
      title: 'Tasks',
      figures: [
        measured({ name: 'floor' }),
        measured({
          name: 'own <task>',
          against: [{ figure: 'floor', times: 5, ...spread, aim: 4, isReached: false }],
        }),
        measured({
          name: 'rival',
          against: [{ figure: 'floor', times: 10, ...spread, aim: undefined, isReached: undefined }],
        }),
      ],
      skipped: [{ name: 'BullMQ', reason: 'redis-server not installed (apt-get install redis-server)' }],
    },
  ],
  counted: [
    {
      name: 'a task',
      usage: { ...nothing, writes: 3, tableUnits: 3, indexUnits: 3, sqsRequests: 0.1 + 0.2 },
      dollarsPerMillion: 4.231,
      goals: [
        { what: 'SQS requests', value: 0.1 + 0.2, most: 0.3 },
        { what: 'writes', value: 3, most: 2 },
      ],
    },
  ],
  failed: [{ name: 'a loop', reason: 'Error: it broke' }],
  growth: [
    {
      name: 'a chain',
      of: 'steps',
      amounts: [10, 1_000],
      measures: [
        {
          name: 'a run',
          unit: 'ms',
          grows: 'with the work',
          values: [2, 600],
          overWork: 3,
          isFaster: true,
        },
      ],
    },
  ],
};
