import { type Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Effect, PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type FunctionOptions,
  Function as LambdaFunction,
  Runtime,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { bundle, type FunctionFile } from './bundle.ts';
import { nameOf, type Parts, sharedEnvironment } from './parts.ts';
import { keyUse, type Permission } from './permissions.ts';

interface HoldfastFunctionProps {
  readonly parts: Parts;
  readonly file: FunctionFile;
  /** Of its name, where there is more than one of this file. */
  readonly suffix?: string | undefined;
  readonly description: string;
  readonly timeout: Duration;
  readonly permissions: readonly Permission[];
  /** Whether it works with runs, and so needs the table's variables and the keys. Default: it does. */
  readonly holdsRuns?: boolean;
  /** Beside what all functions get. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly options?: Pick<
    FunctionOptions,
    | 'architecture'
    | 'memorySize'
    | 'recursiveLoop'
    | 'reservedConcurrentExecutions'
    | 'securityGroups'
    | 'vpc'
    | 'vpcSubnets'
  >;
}

/** What Lambda does in the name of a function that is in a VPC. EC2 knows no resources for these. */
const networkUse: Permission = {
  actions: [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ],
  resources: ['*'],
};

/** A file in functions/ as a Lambda function: one bundle, its own role with exactly its permissions, its own log. */
export class HoldfastFunction extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: HoldfastFunctionProps) {
    super(scope, id);
    const { description, environment, file, holdsRuns = true, options = {}, parts, permissions } = props;
    const { suffix, timeout } = props;
    const functionName = nameOf(parts.scope, suffix === undefined ? file : `${file}-${suffix}`);
    const logGroup = new LogGroup(this, 'Log', {
      // The name Lambda would give it, so that nothing makes another one that outlives the stack.
      logGroupName: `/aws/lambda/${functionName}`,
      retention: parts.props.logRetention ?? RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const writeLog: Permission = {
      actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [logGroup.logGroupArn],
    };
    const keys = holdsRuns ? keyUse(parts) : [];
    const all = [...permissions, ...keys, ...(options.vpc ? [networkUse] : []), writeLog];
    this.function = new LambdaFunction(this, 'Function', {
      architecture: Architecture.ARM_64,
      memorySize: 256,
      ...options,
      functionName,
      code: bundle(file, parts.entry),
      handler: 'index.handler',
      description,
      runtime: Runtime.NODEJS_24_X,
      timeout,
      logGroup,
      ...(parts.props.layers && { layers: [...parts.props.layers] }),
      role: new Role(this, 'Role', {
        assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
        inlinePolicies: { Permissions: policyOf(all) },
      }),
      environment: {
        ...parts.props.environment,
        ...(holdsRuns && sharedEnvironment(this, parts)),
        ...environment,
      },
    });
  }
}

function policyOf(permissions: readonly Permission[]): PolicyDocument {
  const statements = permissions.map(
    ({ actions, partitions, resources }) =>
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: [...actions],
        resources: [...resources],
        ...(partitions !== undefined && {
          conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [partitions] } },
        }),
      }),
  );
  return new PolicyDocument({ statements });
}
