import { expect, it } from 'vitest';
import { shardCount } from '../../lib/ports/run-store.ts';
import { synthesize } from './synthesize.ts';

/** List prices of us-east-1, November 2026, in dollars, without any free tier. */
const price = {
  sqsRequest: 0.4 / 1e6,
  readUnit: 0.125 / 1e6,
  lambdaRequest: 0.2 / 1e6,
  gigabyteSecondArm: 0.0000133334,
  alarmMonth: 0.1,
  logGigabyte: 0.5,
};
const minutesAMonth = 30 * 24 * 60;

/*
 * A mapping keeps five long polls of 20 seconds going. An idle tick of discovery reads sixteen empty index shards, at
 * half a read unit each, asks the queue for its depth, publishes no metric, and takes well under 200 ms; Lambda's own
 * three log lines are about 400 bytes.
 */
it('an idle stack costs less than a dollar a month', () => {
  const { ofType } = synthesize();
  const count = (type: string) => ofType(type).length;
  const polls = 5 * 3 * minutesAMonth;
  const ticks = count('AWS::Events::Rule') * minutesAMonth;
  const cost = {
    polling: count('AWS::Lambda::EventSourceMapping') * polls * price.sqsRequest,
    alarms: count('AWS::CloudWatch::Alarm') * price.alarmMonth,
    depth: ticks * price.sqsRequest,
    reads: ticks * shardCount * 0.5 * price.readUnit,
    compute: ticks * (price.lambdaRequest + 0.2 * (256 / 1024) * price.gigabyteSecondArm),
    logs: ((ticks * 400) / 1e9) * price.logGigabyte,
  };
  const sum = Object.values(cost).reduce((a, b) => a + b, 0);
  console.log(`idle: $${sum.toFixed(2)} a month ${JSON.stringify(cost)}`);
  expect(count('AWS::CloudWatch::Alarm')).toBeGreaterThan(0);
  expect(sum).toBeLessThan(1);
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
    'AWS::SQS::Queue',
    'AWS::SQS::QueuePolicy',
  ]);
  const { resources } = synthesize();
  const types = new Set(Object.values(resources).map(({ Type }) => Type));
  expect([...types].filter((type) => !free.has(type))).toEqual([]);
});
