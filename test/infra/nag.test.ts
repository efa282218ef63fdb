import { readFileSync } from 'node:fs';
import { type HttpApi, HttpMethod, HttpNoneAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2';
import { HttpUrlIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { expect, it } from 'vitest';
import { acknowledged, checkWithNag } from '../../infra/nag.ts';
import type { HoldfastOptions } from '../../infra/options.ts';
import { HoldfastStack } from '../../infra/stack.ts';
import { newApp, synthesize } from './synthesize.ts';

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly {
      readonly ruleName: string;
      readonly violatingConstructs: readonly { readonly constructPath: string }[];
    }[];
  }[];
}

interface Given {
  readonly except?: typeof acknowledged;
  readonly extra?: (stack: HoldfastStack) => void;
  readonly chosen?: HoldfastOptions;
}

function findings(options: Given = {}) {
  const app = newApp(true);
  const stack = new HoldfastStack(app, 'Holdfast', options.chosen && { options: options.chosen });
  options.extra?.(stack);
  checkWithNag(app, stack, options.except);
  try {
    app.synth();
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ValidationFailed')) throw error;
  }
  const report: Report = JSON.parse(readFileSync(`${app.outdir}/validation-report.json`, 'utf8'));
  return report.pluginReports.flatMap(({ violations }) =>
    violations.map(({ ruleName, violatingConstructs }) => ({
      rule: ruleName,
      constructs: violatingConstructs.map(({ constructPath }) => constructPath),
    })),
  );
}

it('cdk-nag finds nothing that is not acknowledged', () => {
  expect(findings()).toEqual([]);
});

it.each<HoldfastOptions>([
  { payloadBucket: 'off' },
  { payloadBucket: 'mine' },
  {
    dashboard: true,
    alarms: { throttles: 1, costPerDay: 1 },
    pools: { gpu: { tags: ['gpu'], lanes: { aged: {} } } },
  },
  { encryptionKeyArn: 'arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef' },
])('nor in a stack with %j', (chosen) => {
  expect(findings({ chosen })).toEqual([]);
});

it('nor in the HTTP API for holders of a token', () => {
  const jwt = { issuer: 'https://issuer.example', audience: ['orders'], tenantClaim: 'tenant' };
  expect(findings({ chosen: { jwt } })).toEqual([]);
});

it('nor in the dashboard beside it, of which anybody may load the files, and nothing else', () => {
  const jwt = { issuer: 'https://issuer.example', audience: ['orders'], dashboard: true };
  expect(findings({ chosen: { jwt } })).toEqual([]);
  const open = (stack: HoldfastStack) => {
    const api = stack.holdfast.node.findChild('JwtApi').node.findChild('Gateway') as HttpApi;
    api.addRoutes({
      path: '/runs',
      methods: [HttpMethod.GET],
      integration: new HttpUrlIntegration('Elsewhere', 'https://elsewhere.example'),
      authorizer: new HttpNoneAuthorizer(),
    });
  };
  expect(findings({ chosen: { jwt }, extra: open })).toMatchObject([{ rule: 'AwsSolutions-APIG4' }]);
});

it('what is acknowledged is found, and only where its reason holds', () => {
  const functions = ['Executor/Execute', 'Discovery/Discover', 'DeadLetters/DeadLetter', 'Api/Api'].map(
    (path) => `Holdfast/Default/${path}/Function/Resource`,
  );
  const found = findings({ except: [] });
  expect(found.map(({ rule }) => rule).sort()).toEqual(acknowledged.map(({ rule }) => rule).sort());
  expect(Object.keys(synthesize().resources).length).toBeGreaterThan(20);
  expect(Object.fromEntries(found.map(({ rule, constructs }) => [rule, constructs]))).toEqual({
    'AwsSolutions-IAM5[Resource::<PayloadsBucket1715615A.Arn>/*]': [
      'Executor/Execute',
      'Discovery/Discover',
      'Api/Api',
    ].map((path) => `Holdfast/Default/${path}/Role/Resource`),
    'AwsSolutions-S1': ['Holdfast/Default/Payloads/Bucket/Resource'],
    'Serverless-SQSRedrivePolicy': ['Holdfast/Default/Doorbells/DeadLetterQueue/Resource'],
    'Serverless-LambdaDLQ': functions,
    'Serverless-LambdaTracing': functions,
    'Serverless-LambdaEventSourceMappingDestination': [
      'Holdfast/Default/Executor/Mapping/Resource',
      'Holdfast/Default/DeadLetters/Mapping/Resource',
    ],
    'Serverless-EventBusDLQ': ['Holdfast/Default/Discovery/Schedule/Resource'],
  });
});

it('both packs look: an open bucket would be found', () => {
  const found = findings({ extra: (stack) => new Bucket(stack, 'Open') }).map(({ rule }) => rule);
  expect(found).toContain('AwsSolutions-S10');
});
