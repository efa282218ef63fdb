import type { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ITable, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { ISecurityGroup, IVpc, SubnetSelection, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Architecture, ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket, IBucket } from 'aws-cdk-lib/aws-s3';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { LaneName } from '../lib/config/lanes.ts';

export interface LaneProps {
  /** Invocations of the executor at a time for this lane, 2 to 1,000. Default: that of the pool. */
  readonly maxConcurrency?: number | undefined;
}

/** One pool: its queues and the function that works them off. */
export interface PoolProps {
  /** Tasks that ask for some of these tags go here. Default: none. Tasks without tags go to the pool `default`. */
  readonly tags?: readonly string[] | undefined;
  /** MiB, 128 to 10,240. Default: 256. */
  readonly memorySize?: number | undefined;
  /** How long one invocation may take, up to 15 minutes; longer tasks hand themselves over at checkpoints. Default: 15 minutes. */
  readonly timeout?: Duration | undefined;
  /** Default: arm64, which is cheaper. */
  readonly architecture?: Architecture | undefined;
  /** Default: outside any VPC. In one, the subnets must lead to DynamoDB, SQS and S3, by endpoints or a NAT. */
  readonly vpc?: IVpc | Vpc | undefined;
  /** Default: the private subnets of `vpc`. */
  readonly vpcSubnets?: SubnetSelection | undefined;
  /** Default: one that allows all that goes out. */
  readonly securityGroups?: readonly ISecurityGroup[] | undefined;
  /** Invocations at a time that each lane may lead to, 2 to 1,000. Default: the account's own limit. */
  readonly maxConcurrency?: number | undefined;
  /** Invocations at a time that are kept for this pool, and that it never exceeds. Default: none are kept. */
  readonly reservedConcurrency?: number | undefined;
  /** Messages of an invocation, up to 10; up to 10,000 with a `batchWindow`. Default: 10. */
  readonly batchSize?: number | undefined;
  /** How long messages may wait for others to fill a batch, up to 5 minutes. Default: not at all. */
  readonly batchWindow?: Duration | undefined;
  /** How long a message that was received stays hidden. Default, and least: six times `timeout`, plus `batchWindow`. */
  readonly visibilityTimeout?: Duration | undefined;
  /**
   * Lanes beside `normal`, each a queue that is polled by itself, for about $0.26 a month. What has waited for
   * `HOLDFAST_AGING_INTERVAL` goes to the lane `aged`, if there is one. Default: `normal` alone.
   */
  readonly lanes?: Readonly<Partial<Record<LaneName, LaneProps>>> | undefined;
  /** Where messages go that were refused ten times, with a visibility of at least a minute. Default: a queue of its own. */
  readonly deadLetterQueue?: IQueue | undefined;
  /** Variables of this pool's executor: those of your tasks, or settings of Holdfast. Default: none. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

/** Whose tokens open the HTTP API. */
export interface JwtProps {
  /** The `iss` of the tokens: an https URL, below which `/.well-known/openid-configuration` names the keys. */
  readonly issuer: string;
  /** A token must have been issued for one of these (`aud`, or `client_id` where it has none). */
  readonly audience: readonly string[];
  /** The claim that names the tenant of whoever holds the token. Default: the header may name any. */
  readonly tenantClaim?: string | undefined;
  /**
   * Also serves the dashboard, at the same address. Its files are for everybody; all that they show comes from the API, for
   * the token that whoever looks has to paste. Default: false.
   */
  readonly dashboard?: boolean | undefined;
}

/**
 * What alarms there are. Each costs $0.10 a month for every metric that it reads; the first three are there unless they
 * are switched off. infra/RUNBOOK.md says of each what it means and what to do.
 */
export interface AlarmProps {
  /** A message was refused ten times. Default: true. */
  readonly deadLetters?: boolean | undefined;
  /** Discovery failed three times in five minutes. Default: true. */
  readonly discoveryFails?: boolean | undefined;
  /** Messages wait for a quarter of an hour; one alarm for each queue. Default: true. */
  readonly queueFallsBehind?: boolean | undefined;
  /** Discovery was called less than three times in five minutes. Default: false. */
  readonly discoveryLate?: boolean | undefined;
  /** A run that could be worked on waits for longer than this. Default: none. */
  readonly oldestRun?: Duration | undefined;
  /** So many messages lie in a dead-letter queue; one alarm for each pool. Default: none. */
  readonly deadLetterDepth?: number | undefined;
  /** So many leases were lost or taken over in five minutes. Default: none. */
  readonly leasesLost?: number | undefined;
  /** So many invocations of an executor were throttled in five minutes; one alarm for each pool. Default: none. */
  readonly throttles?: number | undefined;
  /** More attempts than this for each finished task, over an hour. Default: none. */
  readonly claimsPerTask?: number | undefined;
  /** Dollars a day at list prices, for the table's reads and writes and the executors' time. Default: none. */
  readonly costPerDay?: number | undefined;
}

export interface HoldfastProps {
  /** The module whose exported tasks are run, bundled into the functions; relative to the working directory. */
  readonly entry: string;
  /** By name. Default: the pool `default` alone, which is always there and may be configured here, too. */
  readonly pools?: Readonly<Record<string, PoolProps>> | undefined;
  /** Sets of tags that your tasks ask for: refused at synthesis unless a pool carries them. Default: none are checked. */
  readonly requiredTags?: readonly (readonly string[])[] | undefined;
  /** A table of your own: keys, index and expiry as `holdfast doctor` asks for. Default: a new one. */
  readonly table?: ITable | Table | undefined;
  /** A bucket of your own for large payloads; `false`: there is none. Default: a new one. */
  readonly payloadBucket?: IBucket | Bucket | false | undefined;
  /** Encrypts table, queues and bucket. Default: keys that AWS owns, at no cost. */
  readonly encryptionKey?: IKey | undefined;
  /** What becomes of table and bucket when the stack is deleted. Default: they are kept. */
  readonly removalPolicy?: RemovalPolicy | undefined;
  /** How long finished runs are kept, 1 hour to 3,650 days. Default: 30 days. */
  readonly retention?: Duration | undefined;
  /** How long logs are kept. Default: two weeks. */
  readonly logRetention?: RetentionDays | undefined;
  /** `debug`, `info`, `warn`, `error` or `silent`. Default: `info`. */
  readonly logLevel?: string | undefined;
  /** The task that `POST /tasks` without `task` means. Default: such a request is refused. */
  readonly defaultTask?: string | undefined;
  /** Lets the API take code that comes with requests, and the executors execute it. Default: false. */
  readonly storedCode?: boolean | undefined;
  /** Queues that results may be delivered to, by the names that submissions call them. Default: none. */
  readonly deliveryQueues?: Readonly<Record<string, IQueue>> | undefined;
  /** What webhooks are signed with, as plain text. Default: results go to no webhooks. */
  readonly webhookSecret?: ISecret | undefined;
  /** Adds an HTTP API for holders of a token. Default: there is only the function URL, which IAM guards. */
  readonly jwt?: JwtProps | undefined;
  /** Requests over HTTP that each tenant may make in a second. Default: any number. */
  readonly requestRate?: number | undefined;
  /** Runs of each tenant that may be open, of those that the API submits. Default: any number. */
  readonly openRuns?: number | undefined;
  /** Default: the first three; `false`: none. */
  readonly alarms?: AlarmProps | false | undefined;
  /** Hears of alarms. Default: they only change their state. */
  readonly alarmTopic?: ITopic | undefined;
  /** Adds a dashboard, for $3 a month. Default: false. */
  readonly dashboard?: boolean | undefined;
  /** Variables of all functions: settings of Holdfast, say, or of an OpenTelemetry SDK. Default: none. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** Of all functions, as are the variables that lead to them: one that brings an OpenTelemetry SDK, say. Default: none. */
  readonly layers?: readonly ILayerVersion[] | undefined;
}
