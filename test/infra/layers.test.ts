import { LayerVersion } from 'aws-cdk-lib/aws-lambda';
import { expect, it } from 'vitest';
import { construct } from './synthesize.ts';

const arn = 'arn:aws:lambda:eu-central-1:123456789012:layer:opentelemetry:1';
const variables = {
  AWS_LAMBDA_EXEC_WRAPPER: '/opt/otel-handler',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example',
};

it('layers are those of every function, where the variables lead to them', () => {
  const { ofType } = construct((stack) => ({
    layers: [LayerVersion.fromLayerVersionArn(stack, 'OpenTelemetry', arn)],
    environment: variables,
    pools: { other: { tags: ['other'] } },
  }));
  const functions = ofType('AWS::Lambda::Function');
  expect(functions).toHaveLength(5);
  for (const [, { Properties }] of functions)
    expect(Properties).toMatchObject({ Layers: [arn], Environment: { Variables: variables } });
});

it('without any, none is there', () => {
  for (const [, { Properties }] of construct().ofType('AWS::Lambda::Function'))
    expect(Properties).not.toHaveProperty('Layers');
});
