import { readFileSync } from 'node:fs';
import { Duration, Stack } from 'aws-cdk-lib';
import type { MathExpression } from 'aws-cdk-lib/aws-cloudwatch';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, it } from 'vitest';
import { dollarsPerDay } from '../../infra/constructs/metrics.ts';
import { Holdfast } from '../../infra/index.ts';
import { runCli } from '../../lib/cli/program.ts';
import { systemClock } from '../../lib/compose/system.ts';
import { pricesIn } from '../../lib/cost/prices.ts';
import { construct, newApp, synthesize } from './synthesize.ts';

interface AlarmProperties {
  readonly AlarmDescription: string;
  readonly AlarmActions?: readonly unknown[];
  readonly MetricName?: string;
  readonly Namespace?: string;
  readonly Threshold: number;
  readonly ComparisonOperator: string;
  readonly TreatMissingData: string;
  readonly Metrics?: readonly { readonly MetricStat?: unknown; readonly Expression?: string }[];
}

const every = {
  discoveryLate: true,
  oldestRun: Duration.minutes(20),
  deadLetterDepth: 1,
  leasesLost: 5,
  throttles: 2,
  claimsPerTask: 1.5,
  costPerDay: 12,
} as const;
const pools = { gpu: { tags: ['gpu'], memorySize: 1_024 } };
const stack = construct((within) => ({ alarms: every, pools, alarmTopic: new Topic(within, 'Topic') }));

function alarmsOf({ ofType }: ReturnType<typeof synthesize>): Record<string, AlarmProperties> {
  const all = ofType('AWS::CloudWatch::Alarm').map(([id, { Properties }]) => [
    id.replace(/^(Jobs)?Alarms/, '').replace(/[0-9A-F]{8}$/, ''),
    Properties,
  ]);
  return Object.fromEntries(all) as unknown as Record<string, AlarmProperties>;
}
const alarms = alarmsOf(stack);
const runbook = readFileSync('infra/RUNBOOK.md', 'utf8');

describe('alarms', () => {
  it('are three unless more are asked for, and none where none are wanted', () => {
    expect(Object.keys(alarmsOf(synthesize())).sort()).toEqual([
      'DeadLetters',
      'DiscoveryFails',
      'QueueFallsBehind',
    ]);
    expect(alarmsOf(construct({ alarms: false }))).toEqual({});
    const fewer = construct({ alarms: { queueFallsBehind: false, deadLetters: false } });
    expect(Object.keys(alarmsOf(fewer))).toEqual(['DiscoveryFails']);
  });

  it('are there for what is asked for, of each pool where they are of pools', () => {
    expect(Object.keys(alarms).sort()).toEqual(
      [
        'ClaimsPerTask',
        'CostPerDay',
        'DeadLetterDepthdefault',
        'DeadLetterDepthgpu',
        'DeadLetters',
        'DiscoveryFails',
        'DiscoveryLate',
        'LeasesLost',
        'OldestRun',
        'QueueFallsBehind',
        'QueueFallsBehindgpu',
        'Throttlesdefault',
        'Throttlesgpu',
      ].sort(),
    );
  });

  it('tell the topic', () => {
    const topic = { Ref: stack.idOf('AWS::SNS::Topic', 'Topic') };
    for (const alarm of Object.values(alarms)) expect(alarm.AlarmActions).toEqual([topic]);
    for (const alarm of Object.values(alarmsOf(synthesize()))) expect(alarm.AlarmActions).toBeUndefined();
    const arn = 'arn:aws:sns:eu-central-1:123456789012:people';
    for (const alarm of Object.values(alarmsOf(synthesize({ alarmTopicArn: arn }))))
      expect(alarm.AlarmActions).toEqual([arn]);
  });

  it('each name a section of the runbook, which has no others', () => {
    const sections = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name.toLowerCase());
    const named = Object.values(alarms).map(
      ({ AlarmDescription }) => /infra\/RUNBOOK\.md#(\S+)$/.exec(AlarmDescription)?.[1] ?? '',
    );
    expect([...new Set(named)].sort()).toEqual(sections.sort());
  });

  it('lead to commands that there are', async () => {
    const verbs = new Set([...runbook.matchAll(/npx holdfast ([a-z]+)/g)].map(([, verb = '']) => verb));
    expect(verbs.size).toBeGreaterThan(8);
    for (const verb of verbs) {
      let told = '';
      const write = (text: string) => {
        told += text;
      };
      const code = await runCli([verb, '--help'], {
        env: {},
        out: write,
        err: write,
        color: { out: false, err: false },
        clock: systemClock,
        readStdin: async () => '',
        readFile: async () => '',
      });
      expect([verb, code, told]).toEqual([verb, 0, expect.stringContaining(`Usage: holdfast ${verb}`)]);
    }
  });

  it('see what their functions count, and what AWS counts', () => {
    expect(alarms.OldestRun).toMatchObject({
      Namespace: 'Holdfast',
      MetricName: 'OldestReadySeconds',
      Statistic: 'Maximum',
      Threshold: 1_200,
      TreatMissingData: 'notBreaching',
    });
    expect(alarms.Throttlesgpu).toMatchObject({
      Namespace: 'AWS/Lambda',
      MetricName: 'Throttles',
      Threshold: 2,
    });
    expect(alarms.DeadLetterDepthgpu).toMatchObject({ MetricName: 'ApproximateNumberOfMessagesVisible' });
    const expression = (alarm: AlarmProperties | undefined) =>
      alarm?.Metrics?.find(({ Expression }) => Expression !== undefined)?.Expression;
    expect(expression(alarms.LeasesLost)).toBe('FILL(lost, 0) + FILL(taken, 0)');
    expect(expression(alarms.ClaimsPerTask)).toContain(') / (FILL(ok, 0) + FILL(bad, 0))');
    expect(alarms.ClaimsPerTask?.Metrics).toHaveLength(1 + 4);
  });

  it('notice a discovery that is not called at all', () => {
    expect(alarms.DiscoveryLate).toMatchObject({
      MetricName: 'Invocations',
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    });
  });
});

describe('the cost of a day', () => {
  const metric = stack.holdfast.metricDollarsPerDay();

  it('reads table, index and executors over a day', () => {
    expect(alarms.CostPerDay?.Metrics?.filter(({ MetricStat }) => MetricStat)).toHaveLength(4 + 2);
    expect(metric.period.toDays()).toBe(1);
  });

  it('is what list prices make of them', () => {
    const prices = pricesIn();
    const day = { w: 4e6, wi: 2e6, r: 1e6, ri: 1e6, ms0: 3.6e6, ms1: 7.2e6 };
    const hour = 3_600;
    expect(evaluate(metric, day)).toBeCloseTo(
      6e6 * prices.writeUnit + 2e6 * prices.readUnit + (hour * 0.25 + 2 * hour) * prices.gigabyteSecondArm,
      6,
    );
  });

  it.each([
    ['eu-central-1', 'eu-central-1'],
    ['ap-south-1', 'us-east-1'],
  ] as const)('takes the prices of %s from those of %s', (region, prices) => {
    const elsewhere = new Stack(newApp(), 'Elsewhere', { env: { region } });
    const { table } = new Holdfast(elsewhere, 'Jobs', { entry: 'examples/tasks.ts' });
    const ofTable = dollarsPerDay({ runTable: { table } } as never, []);
    const day = { w: 1e6, wi: 0, r: 0, ri: 0 };
    expect(evaluate(ofTable, day)).toBeCloseTo(1e6 * pricesIn(prices).writeUnit, 6);
  });

  /** As CloudWatch would, of sums and products. */
  function evaluate({ expression }: MathExpression, values: Record<string, number>): number {
    const filled = expression.replace(/FILL\((\w+), 0\)/g, (_, id) => String(values[id]));
    expect(filled).toMatch(/^[\d.+*() ]+$/);
    return filled
      .split(/ \+ (?![^(]*\))/)
      .map((product) =>
        product
          .split(' * ')
          .map((factor) =>
            factor
              .replace(/[()]/g, '')
              .split(' + ')
              .reduce((sum, each) => sum + Number(each), 0),
          )
          .reduce((all, each) => all * each, 1),
      )
      .reduce((sum, each) => sum + each, 0);
  }
});

describe('the dashboard', () => {
  it('is there where it is asked for, and shows every pool', () => {
    expect(stack.ofType('AWS::CloudWatch::Dashboard')).toEqual([]);
    const { ofType } = construct({ dashboard: true, pools });
    const [[, dashboard] = [], ...others] = ofType('AWS::CloudWatch::Dashboard');
    expect(others).toEqual([]);
    const body = JSON.stringify(dashboard);
    for (const part of [
      'TasksSucceeded',
      'OldestReadySeconds',
      'default normal',
      'gpu normal',
      'ConcurrentExecutions',
    ])
      expect(body).toContain(part);
  });
});

describe('metrics', () => {
  const { holdfast } = stack;

  it('are those that the functions publish, of this construct alone', () => {
    expect(holdfast.metricTasksFailed()).toMatchObject({
      namespace: 'Holdfast',
      metricName: 'TasksFailed',
      statistic: 'Sum',
      dimensions: { service: expect.stringContaining('Shop-Jobs') },
    });
    expect(holdfast.metricOldestReady()).toMatchObject({ statistic: 'Maximum' });
    expect(holdfast.metricTasksSucceeded({ period: Duration.hours(1) }).period.toHours()).toBe(1);
  });

  it('of queues and executors go by pool', () => {
    expect(holdfast.metricQueueAge('gpu')).toMatchObject({ metricName: 'ApproximateAgeOfOldestMessage' });
    expect(holdfast.metricQueueDepth()).toMatchObject({ metricName: 'ApproximateNumberOfMessagesVisible' });
    expect(holdfast.metricThrottles('gpu')).toMatchObject({ metricName: 'Throttles' });
    expect(() => holdfast.metricQueueAge('none')).toThrow('Pools: default, gpu');
    expect(() => holdfast.metricThrottles('none')).toThrow('Pools: default, gpu');
    expect(() => holdfast.metricQueueDepth('gpu', 'high')).toThrow('has no lane high');
  });
});
