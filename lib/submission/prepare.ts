import type { RunRef, SubmitOptions } from '../client/client.ts';
import type { DeliveryQueues } from '../config/delivery.ts';
import { type Pools, poolFor } from '../config/pools.ts';
import type { Settings } from '../config/settings.ts';
import { hashOfText, stableHash } from '../define/hash.ts';
import { nodePlans } from '../define/node-plan.ts';
import type { Registered } from '../define/registry.ts';
import { parseDuration } from '../model/duration.ts';
import { HoldfastError } from '../model/errors.ts';
import { noTenant, type RunId, runId, type TenantId, tenantId } from '../model/ids.ts';
import type { ExecutionLabel, Run } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import { isTraceparent } from '../model/traceparent.ts';
import { keepFor, type Packed, packText } from '../payload/payload.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import { longestDelayMs } from '../protocol/nodes/longest.ts';
import type { Submission } from '../protocol/submit.ts';
import { checkTargets } from './deliver-to.ts';
import { checkStepTags } from './step-tags.ts';

const dayMs = 86_400_000;
const delayMsMax = 366 * dayMs;
const timeoutMsMax = 7 * dayMs;
const tagsMax = 16;
const keyLengthMax = 256;
const dependenciesMax = 100;
/** Nobody knows how long the runs take that one waits for. */
const dependencyWaitMs = 366 * dayMs;
const dependencyFailures = ['fail', 'skip'] as const;
const priorities = ['high', 'normal', 'low'] as const;

/** What it takes to prepare a submission, besides what is submitted. */
export interface PrepareOptions {
  readonly freshId: () => string;
  readonly pools: Pools;
  readonly settings: Settings;
  readonly payloads: Pick<PayloadStore, 'hasObjects'>;
  /** Where results may be delivered to; none, where it is absent. */
  readonly deliveryQueues?: DeliveryQueues | undefined;
  /** It waits for others of its batch. */
  readonly waits?: boolean | undefined;
  /** Of one that is asked for by reference. */
  readonly execution?: ExecutionLabel | undefined;
  /** Of a child run: its id is given, and its parent is told how it ends. */
  readonly child?: { readonly id: RunId; readonly parent: NonNullable<Run['parent']> } | undefined;
}

export interface Prepared {
  readonly submission: Submission;
  readonly packed: Packed;
  /** The runs it depends on, and the names under which it gets their outputs where these are not their ids. */
  readonly dependsOn: readonly DependsOn[];
}

export interface DependsOn {
  readonly run: RunId;
  readonly as?: string;
  /** How errors call it. */
  readonly field?: string;
}

/**
 * What a submission asks for, checked and with its defaults. The id follows from tenant and idempotency key, so that
 * the same request finds the run it made before.
 *
 * @throws HoldfastError `InvalidArgument`, `InvalidDuration`, `NotSerializable`, `PayloadTooLarge`, `UnknownTag`, `UnknownQueue`, `WebhooksOff`
 */
export function prepare(
  registered: Registered,
  input: unknown,
  options: SubmitOptions,
  { child, deliveryQueues, execution, freshId, payloads, pools, settings, waits = false }: PrepareOptions,
): Prepared {
  const { hash, name, shape } = registered;
  const { kind } = shape;
  const tenant = options.tenant === undefined ? noTenant : tenantId(options.tenant);
  if (kind === 'workflow') refuseTaskOptions(options);
  checkStepTags(pools, registered);
  const text = serialize(input, 'input');
  // Named by its content: a conflicting submission under the same key must not write over what the first one stored.
  const content = hashOfText(text);
  const tags = checkTags(options.tags ?? []);
  const priority = oneOf(options.priority ?? 'normal', priorities, 'priority');
  const delayMs = length(options.delay, 'delay', delayMsMax) ?? 0;
  const timeoutMs = length(options.timeout, 'timeout', timeoutMsMax);
  const maxAttempts = options.maxAttempts === undefined ? undefined : attempts(options.maxAttempts);
  const planOf = nodePlans(registered, settings, pools);
  const key = checkKey(options.idempotencyKey);
  const dependsOn = checkDependencies(options.dependsOn ?? [], tenant);
  const waitMs =
    delayMs + longestDelayMs(shape.body) + (dependsOn.length > 0 || waits ? dependencyWaitMs : 0);
  const packed = packText(text, {
    field: 'input',
    pointer: `input#${content}`,
    tooLarge: 'PayloadTooLarge',
    store: payloads,
    keepMs: keepFor.input(settings.retention, waitMs),
  });
  const rules = { queues: deliveryQueues ?? new Map(), settings };
  const deliverTo = checkTargets(options.deliverTo ?? [], rules);
  const onFailure = oneOf(options.onDependencyFailure ?? 'fail', dependencyFailures, 'onDependencyFailure');
  const asked = {
    [kind]: name,
    content,
    tags,
    priority,
    delayMs,
    timeoutMs,
    maxAttempts: options.maxAttempts,
    ...(dependsOn.length > 0 && { dependsOn: dependsOn.map(({ run }) => run).sort(), onFailure }),
    ...(execution && { execution }),
    ...(deliverTo.length > 0 && { deliverTo }),
  };
  const submission: Submission = {
    tenant,
    run: child?.id ?? identify(tenant, key, freshId),
    kind,
    name,
    hash,
    submission: stableHash(asked),
    input: packed.payload,
    pool: poolFor(pools, tags),
    priority,
    tags,
    shape,
    planOf: (path) => ({ ...planOf(path), ...(maxAttempts !== undefined && { attemptsMax: maxAttempts }) }),
    delayMs,
    nameChild: () => runId(freshId()),
    ...(child && { parent: child.parent }),
    ...(execution && { execution }),
    ...(deliverTo.length > 0 && { deliverTo }),
    ...(onFailure === 'skip' && { onDependencyFailure: onFailure }),
    ...(key !== undefined && { idempotencyKey: key }),
    ...(timeoutMs !== undefined && { timeoutMs }),
    ...(options.traceparent !== undefined && { traceparent: traceparent(options.traceparent) }),
  };
  return { submission, packed, dependsOn };
}

/** @throws HoldfastError `InvalidArgument`, also for a run of another tenant */
function checkDependencies(refs: readonly RunRef[], tenant: TenantId): readonly DependsOn[] {
  if (refs.length > dependenciesMax) throw invalid('dependsOn', `must be at most ${dependenciesMax} runs`);
  const ids = new Map<RunId, DependsOn>();
  for (const [index, ref] of refs.entries()) {
    const field = `dependsOn.${index}`;
    if (typeof ref !== 'string' && ref.tenant !== tenant) throw invalid(field, 'is a run of another tenant');
    const run = dependencyId(typeof ref === 'string' ? ref : ref.id, field);
    ids.set(run, { run, field });
  }
  return [...ids.values()];
}

/** @throws HoldfastError `InvalidArgument` */
export function dependencyId(text: string, field: string): RunId {
  try {
    return runId(text);
  } catch {
    throw invalid(field, `is neither a run nor an entry of the batch: ${JSON.stringify(text.slice(0, 80))}`);
  }
}

/** Each step of a workflow has its own. */
function refuseTaskOptions({ maxAttempts, timeout }: SubmitOptions): void {
  if (maxAttempts !== undefined)
    throw invalid('maxAttempts', 'belongs to the steps of a workflow, not to a run of it');
  if (timeout !== undefined)
    throw invalid('timeout', 'belongs to the steps of a workflow, not to a run of it');
}

function identify(tenant: TenantId, key: string | undefined, freshId: () => string): RunId {
  return runId(key === undefined ? freshId() : stableHash([tenant, key]));
}

function checkKey(key: string | undefined): string | undefined {
  if (key === undefined || (key.length >= 1 && key.length <= keyLengthMax)) return key;
  throw invalid('idempotencyKey', `must have 1 to ${keyLengthMax} characters`);
}

function checkTags(tags: readonly string[]): readonly string[] {
  if (tags.length > tagsMax) throw invalid('tags', `must be at most ${tagsMax}`);
  return [...new Set(tags)].sort();
}

function attempts(value: number): number {
  if (!Number.isInteger(value) || value < 1 || value > 100) {
    throw invalid('maxAttempts', 'must be a whole number from 1 to 100');
  }
  return value;
}

function length(text: string | undefined, field: string, max: number): number | undefined {
  if (text === undefined) return undefined;
  const ms = parseDuration(text, field);
  if (ms > max) throw invalid(field, `must be at most ${max / dayMs} days`);
  return ms;
}

function oneOf<T extends string>(value: T, allowed: readonly T[], field: string): T {
  if (!allowed.includes(value)) throw invalid(field, `must be one of ${allowed.join(', ')}`);
  return value;
}

function traceparent(text: string): string {
  if (!isTraceparent(text)) throw invalid('traceparent', 'is not a W3C traceparent');
  return text;
}

function invalid(field: string, what: string): HoldfastError {
  return new HoldfastError('InvalidArgument', `${field} ${what}`, { field });
}
