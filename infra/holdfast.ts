import { Annotations, Stack } from 'aws-cdk-lib';
import type { Alarm, Dashboard, MathExpression, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IFunction, IFunctionUrl } from 'aws-cdk-lib/aws-lambda';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { LaneName } from '../lib/config/lanes.ts';
import { defaultPool } from '../lib/config/pools.ts';
import type { MetricName } from '../lib/ports/metrics.ts';
import { Alarms } from './constructs/alarms.ts';
import { Api } from './constructs/api.ts';
import { runDashboard } from './constructs/dashboard.ts';
import { DeadLetter } from './constructs/dead-letter.ts';
import { Discover } from './constructs/discover.ts';
import { Execute } from './constructs/execute.ts';
import {
  grant,
  grantUrl,
  operatePermissions,
  readPermissions,
  submitPermissions,
} from './constructs/grants.ts';
import { JwtApi } from './constructs/jwt-api.ts';
import { makeParts, mapValues, poolScope } from './constructs/make-parts.ts';
import { claimsPerTask, countedMetric, dollarsPerDay, leasesLost } from './constructs/metrics.ts';
import { type Parts, placeEnvironment } from './constructs/parts.ts';
import { idlePriceText } from './prices.ts';
import type { HoldfastProps } from './props.ts';
import { refused } from './refuse.ts';
import { checkProps, warnOf } from './rules.ts';

/** What there is of a pool. */
export interface HoldfastPool {
  /** That of the lane `normal`. */
  readonly queue: IQueue;
  readonly lanes: Readonly<Partial<Record<LaneName, IQueue>>>;
  readonly deadLetterQueue: IQueue;
  /** The executor. */
  readonly function: IFunction;
}

/**
 * Durable tasks: a table, a queue and an executor for each pool, discovery once a minute, and an API. What cannot work is
 * refused at synthesis (`InvalidProperty`), and the price of a month without work is told there.
 *
 * ```ts
 * const jobs = new Holdfast(this, 'Jobs', { entry: 'tasks.ts' });
 * jobs.grantSubmit(webServer);
 * ```
 */
export class Holdfast extends Construct {
  readonly table: ITable;
  /** Where large payloads lie. Undefined with `payloadBucket: false`. */
  readonly payloadBucket: IBucket | undefined;
  /** By name; `default` is always there. */
  readonly pools: Readonly<Record<string, HoldfastPool>>;
  /** The function behind `url`. */
  readonly api: IFunction;
  readonly functionUrl: IFunctionUrl;
  /** The API's, for requests that are signed. Ends with a slash. */
  readonly url: string;
  /** The API's for requests with a token. Only with `jwt`. */
  readonly jwtUrl: string | undefined;
  readonly discovery: IFunction;
  readonly deadLetters: IFunction;
  readonly alarms: readonly Alarm[];
  readonly dashboard: Dashboard | undefined;
  /** What a month without work costs, in words. Told at synthesis, too; the CDK's command leaves that out beside warnings. */
  readonly idlePrice: string;
  /** The variables by which direct clients and worker processes find all of this: `HOLDFAST_TABLE`, `HOLDFAST_POOLS`, … */
  readonly clientEnvironment: Readonly<Record<string, string>>;

  readonly #parts: Parts;
  readonly #executors: Readonly<Record<string, Execute>>;

  /** @throws HoldfastError `InvalidProperty`, `InvalidSetting`, `EsbuildMissing` */
  constructor(scope: Construct, id: string, props: HoldfastProps) {
    super(scope, id);
    checkProps(props);
    warnOf(this, props);
    const parts = makeParts(this, props);
    this.#parts = parts;
    this.table = parts.runTable.table;
    this.payloadBucket = parts.bucket;
    this.clientEnvironment = placeEnvironment(this, parts);
    this.#executors = mapValues(
      parts.pools,
      (pool, name) => new Execute(poolScope(this, name), 'Executor', { name, parts, pool }),
    );
    this.pools = mapValues(parts.pools, ({ queues }, name) => ({
      queue: queues.lane('normal'),
      lanes: Object.fromEntries(queues.lanes.map((lane) => [lane.name, lane.queue])),
      deadLetterQueue: queues.deadLetterQueue,
      function: this.#executor(name),
    }));
    this.discovery = new Discover(this, 'Discovery', parts).function;
    this.deadLetters = new DeadLetter(this, 'DeadLetters', parts).function;
    const api = new Api(this, 'Api', parts);
    this.api = api.function;
    this.functionUrl = api.functionUrl;
    this.url = api.functionUrl.url;
    this.jwtUrl = props.jwt && new JwtApi(this, 'JwtApi', { jwt: props.jwt, parts }).url;
    const executors = this.#priced();
    const alarms =
      props.alarms === false
        ? undefined
        : new Alarms(this, 'Alarms', {
            parts,
            chosen: props.alarms ?? {},
            deadLetter: this.deadLetters,
            discover: this.discovery,
            executors,
          });
    this.alarms = alarms?.all ?? [];
    this.dashboard = props.dashboard ? runDashboard(this, 'Dashboard', { executors, parts }) : undefined;
    this.idlePrice = this.#price(alarms?.metricCount ?? 0);
    Annotations.of(this).addInfo(`Holdfast: ${this.idlePrice}`);
  }

  /**
   * Lets a direct client, which has `clientEnvironment`, submit. IAM cannot tell submitting from other writes of runs: who
   * must be held to that calls the API behind a program of yours.
   */
  grantSubmit(grantee: IGrantable): Grant {
    return grant(grantee, submitPermissions(this.#parts));
  }

  /** Lets a direct client look at runs and queues: get, list, watch, why, result. */
  grantRead(grantee: IGrantable): Grant {
    return grant(grantee, readPermissions(this.#parts));
  }

  /** Lets a direct client do everything: submit, read, signal, cancel, pause, resume, retry, redrive, doctor. */
  grantOperate(grantee: IGrantable): Grant {
    return grant(grantee, operatePermissions(this.#parts));
  }

  /** Lets somebody call the API at `url`: all of it, since a function URL knows no paths. */
  grantCallApi(grantee: IGrantable): Grant {
    return grantUrl(grantee, this.api);
  }

  /** Anything that the functions count. Default: the sum; of `OldestReadySeconds` the maximum. */
  metric(name: MetricName, options?: MetricOptions): Metric {
    return countedMetric(this.#parts, name, options);
  }

  metricTasksSucceeded(options?: MetricOptions): Metric {
    return this.metric('TasksSucceeded', options);
  }

  metricTasksFailed(options?: MetricOptions): Metric {
    return this.metric('TasksFailed', options);
  }

  metricTasksRetried(options?: MetricOptions): Metric {
    return this.metric('TasksRetried', options);
  }

  /** Leases that were lost, and those taken over from whoever was silent. */
  metricLeasesLost(options: Pick<MetricOptions, 'period'> = {}): MathExpression {
    return leasesLost(this.#parts, options.period);
  }

  /** Messages that were refused ten times. */
  metricDeadLetters(options?: MetricOptions): Metric {
    return this.metric('DeadLetters', options);
  }

  /** Seconds that a run has waited which could go on, as discovery saw them. */
  metricOldestReady(options?: MetricOptions): Metric {
    return this.metric('OldestReadySeconds', options);
  }

  /** Attempts for each task that has finished. Default: over an hour. */
  metricClaimsPerTask(options: Pick<MetricOptions, 'period'> = {}): MathExpression {
    return claimsPerTask(this.#parts, options.period);
  }

  /** Dollars at list price for the table's reads and writes and the executors' time, over a day. */
  metricDollarsPerDay(): MathExpression {
    return dollarsPerDay(this.#parts, Object.values(this.#priced()));
  }

  /** Seconds that the oldest message of a lane has waited. @throws HoldfastError `InvalidProperty` for an unknown pool */
  metricQueueAge(pool: string = defaultPool, lane: LaneName = 'normal', options?: MetricOptions): Metric {
    return this.#lane(pool, lane).metricApproximateAgeOfOldestMessage(options);
  }

  /** Messages of a lane that wait. @throws HoldfastError `InvalidProperty` for an unknown pool */
  metricQueueDepth(pool: string = defaultPool, lane: LaneName = 'normal', options?: MetricOptions): Metric {
    return this.#lane(pool, lane).metricApproximateNumberOfMessagesVisible(options);
  }

  /** Invocations of a pool's executor that Lambda refused. @throws HoldfastError `InvalidProperty` for an unknown pool */
  metricThrottles(pool: string = defaultPool, options?: MetricOptions): Metric {
    return this.#executor(pool).metricThrottles(options);
  }

  #executor(pool: string): Execute['function'] {
    const found = Object.hasOwn(this.#executors, pool) ? this.#executors[pool] : undefined;
    if (found) return found.function;
    throw unknownPool(pool, Object.keys(this.#executors));
  }

  #lane(pool: string, lane: LaneName) {
    const found = Object.hasOwn(this.#parts.pools, pool) ? this.#parts.pools[pool] : undefined;
    if (found) return found.queues.lane(lane);
    throw unknownPool(pool, Object.keys(this.#parts.pools));
  }

  #priced() {
    return mapValues(this.#parts.pools, ({ props }, name) => ({ function: this.#executor(name), props }));
  }

  #price(alarmMetrics: number): string {
    const pools = Object.values(this.#parts.pools);
    const lanes = pools.reduce((sum, { queues }) => sum + queues.lanes.length, 0);
    const parts = {
      lanes,
      mappings: lanes + pools.length,
      alarmMetrics,
      dashboards: this.dashboard ? 1 : 0,
      keys: this.#parts.keys.length,
      schedules: 1,
    };
    return idlePriceText(parts, Stack.of(this).region);
  }
}

const unknownPool = (pool: string, pools: readonly string[]) =>
  refused('pool', `is ${JSON.stringify(pool)}, which there is not`, `Pools: ${pools.join(', ')}`);
