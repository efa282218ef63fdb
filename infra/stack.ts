import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Alarms } from './constructs/alarms.ts';
import { Api } from './constructs/api.ts';
import { DeadLetter } from './constructs/dead-letter.ts';
import { Discover } from './constructs/discover.ts';
import { DoorbellQueue } from './constructs/doorbell-queue.ts';
import { Execute, executorTimeoutDefault } from './constructs/execute.ts';
import { JwtApi } from './constructs/jwt-api.ts';
import { RunTable } from './constructs/run-table.ts';
import { poolsJson, type StackParts } from './constructs/stack-parts.ts';
import type { HoldfastOptions } from './options.ts';

interface HoldfastStackProps extends StackProps {
  readonly options?: HoldfastOptions;
}

/** The whole of Holdfast in one stack: each construct stands for one file in functions/, or one service. */
export class HoldfastStack extends Stack {
  constructor(scope: Construct, id: string, { options = {}, ...props }: HoldfastStackProps = {}) {
    super(scope, id, { description: 'Holdfast: durable tasks on Lambda, DynamoDB and SQS', ...props });
    const { executorTimeout = executorTimeoutDefault, jwt, removalPolicy } = options;
    const runTable = new RunTable(this, 'Runs', { removalPolicy });
    const doorbells = new DoorbellQueue(this, 'Doorbells', { consumerTimeout: executorTimeout });
    const parts: StackParts = { runTable, doorbells, options };

    new Execute(this, 'Executor', parts);
    const { function: discover } = new Discover(this, 'Discovery', parts);
    const { function: deadLetter } = new DeadLetter(this, 'DeadLetters', parts);
    const { url } = new Api(this, 'Api', parts);
    new Alarms(this, 'Alarms', {
      deadLetter,
      discover,
      queue: doorbells.queue,
      topicArn: options.alarmTopicArn,
    });

    new CfnOutput(this, 'ApiUrl', { value: url, description: 'Requests must be signed (AWS_IAM)' });
    if (jwt) {
      const { url: value } = new JwtApi(this, 'JwtApi', { jwt, parts });
      new CfnOutput(this, 'JwtApiUrl', {
        value,
        description: `Requests must carry a token of ${jwt.issuer}`,
      });
    }
    new CfnOutput(this, 'TableName', { value: runTable.table.tableName, description: 'HOLDFAST_TABLE' });
    new CfnOutput(this, 'Pools', { value: poolsJson(this, parts), description: 'HOLDFAST_POOLS' });
  }
}
