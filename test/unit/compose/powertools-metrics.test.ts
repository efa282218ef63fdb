import { afterEach, expect, it, vi } from 'vitest';
import { compose } from '../../../lib/compose/compose.ts';

const env = {
  AWS_REGION: 'us-east-1',
  HOLDFAST_TABLE: 'table',
  HOLDFAST_POOLS: JSON.stringify({ default: { lanes: { normal: 'http://127.0.0.1:1/queue' } } }),
};

const written: string[] = [];
function capture(): string[] {
  written.length = 0;
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    written.push(String(text));
    return true;
  });
  return written;
}
afterEach(() => vi.restoreAllMocks());

it('publishes what happened in one line, without what did not happen', () => {
  const { metrics } = compose({
    ...env,
    POWERTOOLS_METRICS_NAMESPACE: 'Holdfast',
    POWERTOOLS_SERVICE_NAME: 'my-stack',
  });
  const lines = capture();
  metrics.publish({ TasksSucceeded: 3, TasksFailed: 0, Takeovers: 1 });
  metrics.publish({ TasksSucceeded: 0 });
  metrics.publish({ DeadLetters: 2, OldestReadySeconds: 90 });
  vi.restoreAllMocks();
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: 'Holdfast',
            Dimensions: [['service']],
            Metrics: [
              { Name: 'TasksSucceeded', Unit: 'Count' },
              { Name: 'Takeovers', Unit: 'Count' },
            ],
          },
        ],
      },
      service: 'my-stack',
      TasksSucceeded: 3,
      Takeovers: 1,
    },
    expect.objectContaining({ service: 'my-stack', DeadLetters: 2, OldestReadySeconds: 90 }),
  ]);
  expect(lines.at(-1)).toContain('{"Name":"OldestReadySeconds","Unit":"Seconds"}');
});

it('publishes nothing where no namespace is given, as in the embedded runtime', () => {
  const { metrics } = compose(env);
  const lines = capture();
  metrics.publish({ TasksSucceeded: 3 });
  vi.restoreAllMocks();
  expect(lines).toEqual([]);
});
