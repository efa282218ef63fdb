import { Stack } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { describe, expect, it } from 'vitest';
import { Holdfast } from '../../infra/index.ts';
import { idlePrice, total } from '../../infra/prices.ts';
import { construct, look, newApp, synthesize } from './synthesize.ts';

/** From what was synthesized alone: nothing that the construct says of itself. */
function partsOf({ ofType }: ReturnType<typeof synthesize>) {
  const alarms = ofType('AWS::CloudWatch::Alarm').map(([, { Properties }]) => {
    const { Metrics } = Properties as unknown as { Metrics?: { MetricStat?: unknown }[] };
    return Metrics?.filter(({ MetricStat }) => MetricStat !== undefined).length ?? 1;
  });
  const deadLetters = new Set(
    ofType('AWS::SQS::Queue').flatMap(([, { Properties }]) => {
      const { RedrivePolicy } = Properties as unknown as {
        RedrivePolicy?: { deadLetterTargetArn: { 'Fn::GetAtt': [string, string] } };
      };
      return RedrivePolicy?.deadLetterTargetArn['Fn::GetAtt'][0] ?? [];
    }),
  );
  return {
    mappings: ofType('AWS::Lambda::EventSourceMapping').length,
    lanes: ofType('AWS::SQS::Queue').length - deadLetters.size,
    alarmMetrics: alarms.reduce((sum, each) => sum + each, 0),
    dashboards: ofType('AWS::CloudWatch::Dashboard').length,
    keys: ofType('AWS::KMS::Key').length,
    schedules: ofType('AWS::Events::Rule').length,
  };
}

describe('an idle stack', () => {
  it('costs less than a dollar a month, the polling of each queue included', () => {
    const parts = partsOf(synthesize());
    expect(parts).toEqual({ mappings: 2, lanes: 1, alarmMetrics: 3, dashboards: 0, keys: 0, schedules: 1 });
    const cost = idlePrice(parts);
    console.log(`idle: $${total(cost).toFixed(2)} a month ${JSON.stringify(cost)}`);
    expect(cost.polling).toBeCloseTo(2 * 0.26, 1);
    expect(total(cost)).toBeGreaterThan(0.8);
    expect(total(cost)).toBeLessThan(1);
  });

  it.each([
    {},
    { alarms: false },
    { dashboard: true, payloadBucket: false },
    { pools: { gpu: { tags: ['gpu'], lanes: { high: {}, aged: {} } }, bulk: { tags: ['bulk'] } } },
    {
      alarms: {
        deadLetters: false,
        claimsPerTask: 3,
        costPerDay: 10,
        leasesLost: 5,
        throttles: 1,
        deadLetterDepth: 1,
      },
      pools: { gpu: { tags: ['gpu'] } },
    },
  ] as const)('tells its price at synthesis: %j', (props) => {
    const stack = construct(props);
    const price = total(idlePrice(partsOf(stack))).toFixed(2);
    expect(stack.infos).toEqual([expect.stringContaining(`Holdfast: $${price} a month while nothing runs`)]);
    expect(stack.infos).toEqual([`Holdfast: ${stack.holdfast.idlePrice}`]);
  });

  it.each([
    ['eu-central-1', 'eu-central-1'],
    ['ap-south-1', 'us-east-1'],
  ])('tells it in %s by the prices of %s', (region, priced) => {
    const stack = new Stack(newApp(), 'Shop', { env: { region } });
    const { idlePrice: told } = new Holdfast(stack, 'Jobs', { entry: 'examples/tasks.ts' });
    const price = total(idlePrice(partsOf(look(stack)), priced)).toFixed(2);
    expect(told).toContain(`$${price} a month while nothing runs (${priced}, `);
  });

  it('tells its price among its outputs', () => {
    const outputs = synthesize({ dashboard: true }).template.findOutputs('IdlePrice');
    expect(JSON.stringify(outputs)).toContain('$3.92 a month while nothing runs');
  });

  it('tells the price of its key', () => {
    const stack = construct((within) => ({ encryptionKey: new Key(within, 'Key') }));
    const cost = idlePrice(partsOf(stack));
    expect(cost.keys).toBeGreaterThan(1);
    expect(stack.infos[0]).toContain(`$${total(cost).toFixed(2)} a month`);
  });
});

it('nothing in it is paid by the hour', () => {
  const free = new Set([
    'AWS::CloudWatch::Alarm',
    'AWS::DynamoDB::Table',
    'AWS::Events::Rule',
    'AWS::IAM::Role',
    'AWS::Lambda::EventSourceMapping',
    'AWS::Lambda::Function',
    'AWS::Lambda::Permission',
    'AWS::Lambda::Url',
    'AWS::Logs::LogGroup',
    'AWS::S3::Bucket',
    'AWS::S3::BucketPolicy',
    'AWS::SQS::Queue',
    'AWS::SQS::QueuePolicy',
  ]);
  const { resources } = synthesize();
  const types = new Set(Object.values(resources).map(({ Type }) => Type));
  expect([...types].filter((type) => !free.has(type))).toEqual([]);
});
