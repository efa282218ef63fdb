import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { EventSourceMapping, type Function as LambdaFunction, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { envNames } from '../../lib/config/env.ts';
import { defaultPool } from '../../lib/config/pools.ts';
import type { PoolProps } from '../props.ts';
import { executorTimeoutDefault } from '../rules.ts';
import { HoldfastFunction } from './holdfast-function.ts';
import type { Parts, PoolParts } from './parts.ts';
import { limitWaiters, onPayloads, onQueues, onTable, type Permission, queueArns } from './permissions.ts';
import { laneId } from './pool-queues.ts';

interface ExecuteProps {
  readonly parts: Parts;
  readonly name: string;
  readonly pool: PoolParts;
}

/** functions/execute.ts for one pool, fed by each of its lanes in batches, of which single messages may come back. */
export class Execute extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, { name, parts, pool }: ExecuteProps) {
    super(scope, id);
    const { props, queues } = pool;
    const { webhookSecret } = parts.props;
    this.function = new HoldfastFunction(this, 'Execute', {
      parts,
      file: 'execute',
      suffix: name === defaultPool ? undefined : name,
      description: `Holdfast: claims, runs and commits the tasks of the pool ${name}`,
      timeout: props.timeout ?? executorTimeoutDefault,
      environment: {
        ...props.environment,
        [envNames.pool]: name,
        ...(webhookSecret && { [envNames.webhookSecretArn]: webhookSecret.secretArn }),
      },
      permissions: [...ownPermissions(parts, pool), ...deliveryPermissions(parts)],
      options: functionOptions(props),
    }).function;
    for (const lane of queues.lanes) {
      const maxConcurrency = props.lanes?.[lane.name]?.maxConcurrency ?? props.maxConcurrency;
      new EventSourceMapping(this, `Mapping${laneId(lane.name)}`, {
        target: this.function,
        eventSourceArn: lane.queue.queueArn,
        batchSize: props.batchSize ?? 10,
        ...(props.batchWindow && { maxBatchingWindow: props.batchWindow }),
        reportBatchItemFailures: true,
        ...(maxConcurrency !== undefined && { maxConcurrency }),
      });
    }
  }
}

function functionOptions(props: PoolProps) {
  const { architecture, memorySize, reservedConcurrency, securityGroups, vpc, vpcSubnets } = props;
  return {
    // Retries and hand-overs ring the queue that fed this invocation; the hop limit bounds them.
    recursiveLoop: RecursiveLoop.ALLOW,
    ...(architecture && { architecture }),
    ...(memorySize !== undefined && { memorySize }),
    ...(reservedConcurrency !== undefined && { reservedConcurrentExecutions: reservedConcurrency }),
    // The class differs from its interface only where properties may be given as undefined.
    ...(vpc && { vpc: vpc as IVpc }),
    ...(vpcSubnets && { vpcSubnets }),
    ...(securityGroups && { securityGroups: [...securityGroups] }),
  };
}

function ownPermissions(parts: Parts, pool: PoolParts): readonly Permission[] {
  return [
    onTable(parts, 'GetItem', 'PutItem', 'UpdateItem'),
    limitWaiters(parts),
    {
      actions: ['sqs:ChangeMessageVisibility', 'sqs:DeleteMessage', 'sqs:ReceiveMessage'],
      resources: queueArns(pool),
    },
    onQueues(parts, 'GetQueueAttributes', 'SendMessage'),
    ...onPayloads(parts),
  ];
}

/** Results go to other queues and to webhooks by tasks of the executors. */
function deliveryPermissions({ props }: Parts): readonly Permission[] {
  const { deliveryQueues = {}, webhookSecret } = props;
  const queues = Object.values(deliveryQueues);
  const keys = queues.flatMap(({ encryptionMasterKey }) => encryptionMasterKey?.keyArn ?? []);
  return [
    ...(queues.length > 0
      ? [{ actions: ['sqs:SendMessage'], resources: queues.map(({ queueArn }) => queueArn) }]
      : []),
    ...(keys.length > 0 ? [{ actions: ['kms:Decrypt', 'kms:GenerateDataKey'], resources: keys }] : []),
    ...(webhookSecret
      ? [
          {
            actions: ['secretsmanager:GetSecretValue'],
            // Six characters that the service adds follow a name.
            resources: [webhookSecret.secretFullArn ?? `${webhookSecret.secretArn}-??????`],
          },
        ]
      : []),
    ...(webhookSecret?.encryptionKey
      ? [{ actions: ['kms:Decrypt'], resources: [webhookSecret.encryptionKey.keyArn] }]
      : []),
  ];
}
