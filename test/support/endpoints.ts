import { inject } from 'vitest';

/** A server that speaks an AWS API. */
export interface Endpoint {
  readonly name: string;
  readonly url: string;
}

export interface Endpoints {
  readonly dynamodb: readonly Endpoint[];
  readonly sqs: readonly Endpoint[];
  readonly s3: readonly Endpoint[];
}

declare module 'vitest' {
  interface ProvidedContext {
    readonly endpoints: Endpoints;
  }
}

/** Used only when their variable gives their URL; what each is for. */
export const optionalEndpoints = [
  { name: 'dynamodb-local', variable: 'HOLDFAST_TEST_DYNAMODB_LOCAL', serves: ['dynamodb'] },
  { name: 'ministack', variable: 'HOLDFAST_TEST_MINISTACK', serves: ['dynamodb', 'sqs', 's3'] },
  { name: 'localstack', variable: 'HOLDFAST_TEST_LOCALSTACK', serves: ['dynamodb', 'sqs', 's3'] },
] as const;

export const dynamodbEndpoints = (): readonly Endpoint[] => inject('endpoints').dynamodb;
export const sqsEndpoints = (): readonly Endpoint[] => inject('endpoints').sqs;
export const s3Endpoints = (): readonly Endpoint[] => inject('endpoints').s3;
