import { App } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { optionsFromContext } from '../../infra/options.ts';
import { synthesize } from './synthesize.ts';

const options = (context: Record<string, unknown>) => optionsFromContext(new App({ context }).node);
const withContext = (context: Record<string, unknown>) => synthesize(options(context));

/** The variables of every function, by its name. */
function variables({ ofType }: ReturnType<typeof synthesize>): Record<string, unknown>[] {
  return ofType('AWS::Lambda::Function').map(([, { Properties }]) => {
    const { Variables } = Properties.Environment as unknown as { Variables: Record<string, unknown> };
    return Variables;
  });
}

describe('what `cdk deploy -c` chooses', () => {
  it('how long runs and logs are kept', () => {
    const stack = withContext({ retention: '7', logRetention: 30 });
    for (const each of variables(stack)) expect(each).toMatchObject({ HOLDFAST_RETENTION: '604800s' });
    for (const [, { Properties }] of stack.ofType('AWS::Logs::LogGroup'))
      expect(Properties).toMatchObject({ RetentionInDays: 30 });
  });

  it('a key', () => {
    const key = 'arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef';
    const stack = withContext({ encryptionKey: key });
    for (const [, { Properties }] of stack.ofType('AWS::SQS::Queue'))
      expect(Properties).toMatchObject({ KmsMasterKeyId: key });
  });

  it('a bucket, or none', () => {
    const given = withContext({ payloadBucket: 'mine' });
    expect(given.ofType('AWS::S3::Bucket')).toEqual([]);
    for (const each of variables(given)) expect(each).toMatchObject({ HOLDFAST_PAYLOAD_BUCKET: 'mine' });
    for (const each of variables(withContext({ payloadBucket: 'off' })))
      expect(each).not.toHaveProperty('HOLDFAST_PAYLOAD_BUCKET');
  });

  it('a dashboard and alarms', () => {
    const stack = withContext({ dashboard: 'on', alarms: { queueFallsBehind: false, discoveryLate: true } });
    expect(stack.ofType('AWS::CloudWatch::Dashboard')).toHaveLength(1);
    expect(
      stack
        .ofType('AWS::CloudWatch::Alarm')
        .map(([id]) => id.slice(0, -8))
        .sort(),
    ).toEqual(['AlarmsDeadLetters', 'AlarmsDiscoveryFails', 'AlarmsDiscoveryLate']);
    expect(withContext({ dashboard: 'off' }).ofType('AWS::CloudWatch::Dashboard')).toEqual([]);
  });

  it.each([
    [{ storedCode: 'yes' }, 'storedCode must be on or off'],
    [{ dashboard: 'true' }, 'dashboard must be on or off'],
    [{ logRetention: 8 }, 'logRetention must be days that CloudWatch offers'],
    [{ retention: '7d' }, 'retention must be a whole number'],
    [{ removalPolicy: 'snapshot' }, 'removalPolicy must be retain or destroy'],
    [{ executorTimeout: 901 }, 'pools.default.timeout is 15 minutes 1 second'],
    [{ maxConcurrency: 1 }, 'pools.default.maxConcurrency is 1'],
  ])('nothing of %j', (context, message) => {
    expect(() => withContext(context)).toThrow(message);
  });
});
