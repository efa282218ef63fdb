import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { envNames } from '../lib/config/env.ts';
import { Holdfast } from './holdfast.ts';
import { type HoldfastOptions, propsOf } from './options.ts';

interface HoldfastStackProps extends StackProps {
  readonly options?: HoldfastOptions;
}

/** A stack with one Holdfast and nothing else, for `cdk deploy` here. */
export class HoldfastStack extends Stack {
  readonly holdfast: Holdfast;

  constructor(scope: Construct, id: string, { options = {}, ...props }: HoldfastStackProps = {}) {
    super(scope, id, { description: 'Holdfast: durable tasks on Lambda, DynamoDB and SQS', ...props });
    // `Default` leaves no trace in ids and names: what was deployed before there was a construct stays what it is.
    this.holdfast = new Holdfast(this, 'Default', propsOf(this, options));
    const { clientEnvironment, idlePrice, jwtUrl, url } = this.holdfast;
    const output = (name: string, description: string, value: string | undefined) =>
      value !== undefined && new CfnOutput(this, name, { description, value });
    output('ApiUrl', 'Requests must be signed (AWS_IAM)', url);
    output('JwtApiUrl', `Requests must carry a token of ${options.jwt?.issuer}`, jwtUrl);
    output('TableName', envNames.table, clientEnvironment[envNames.table]);
    output('Pools', envNames.pools, clientEnvironment[envNames.pools]);
    output('IdlePrice', 'Of a month without work', idlePrice);
    output('PayloadBucket', envNames.payloadBucket, clientEnvironment[envNames.payloadBucket]);
  }
}
