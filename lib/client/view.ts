import { type ErrorCode, HoldfastError } from '../model/errors.ts';
import type { Failure } from '../model/failure.ts';
import type { Payload } from '../model/payload.ts';
import type { RunNode, Run as StoredRun } from '../model/run.ts';
import { statusOf } from '../model/run.ts';
import { deserialize } from '../model/serialize.ts';
import { type EpochMs, toIso } from '../model/time.ts';
import { unpack } from '../payload/payload.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { WorkerRecord } from '../ports/worker-registry.ts';
import { deliveryRunId } from '../protocol/deliver-result.ts';
import type { CancelRequest, Run, RunError, WorkerView } from './run-view.ts';

/** Values of up to so many bytes are shown where many runs or nodes are. */
export const shownBytesMax = 16_384;

/**
 * A stored run as people see it; reads what lies apart.
 *
 * @param valueBytesMax larger values that lie apart are left out, with their length instead
 */
export async function viewOf(
  run: StoredRun,
  payloads: Pick<PayloadStore, 'get'>,
  now: EpochMs,
  valueBytesMax = Number.POSITIVE_INFINITY,
): Promise<Run> {
  const node = foremost(run);
  const input = await shownValue(run, run.input, payloads, valueBytesMax);
  const base = {
    ...common(run, node),
    input: input.value,
    ...(input.bytes !== undefined && { inputBytes: input.bytes }),
    ...(input.isLost && { inputLost: input.isLost }),
  };
  const error = errorOf({ failure: run.failure ?? node?.failure });
  const cancel = askedFor(run, 'cancel');
  const pause = askedFor(run, 'pause');
  const status = statusOf(run);
  switch (status) {
    case 'ready':
    case 'waiting':
    case 'running':
    case 'paused': {
      const later = node?.status === 'ready' && node.notBefore > now;
      return {
        ...base,
        status,
        ...(error && { error }),
        ...(later && { nextRetryAt: toIso(node.notBefore) }),
        ...(cancel && { cancel }),
        ...(pause && { pause }),
      };
    }
    case 'succeeded': {
      if (node?.status !== 'succeeded') throw new Error(`run ${run.run} succeeded without a result`);
      if (!node.output) throw new Error(`run ${run.run} has lost its result`);
      const output = await shownValue(run, node.output, payloads, valueBytesMax);
      return {
        ...base,
        ...times(run, node),
        status,
        output: output.value,
        ...(output.bytes !== undefined && { outputBytes: output.bytes }),
        ...(output.isLost && { outputLost: output.isLost }),
        ...(node.cached && { cached: true }),
      };
    }
    case 'failed':
      return { ...base, ...times(run, node), status, error: error ?? unknownError(node) };
    case 'cancelled':
    case 'skipped':
      return { ...base, ...times(run, node), status, ...(cancel && { cancel }), ...(error && { error }) };
  }
}

/** A value, or how long it is where it is not shown. */
interface Shown {
  readonly value?: unknown;
  readonly bytes?: number;
  readonly isLost?: true;
}

/** A run whose values somebody deleted or changed can still be looked at, and steered. */
export async function shownValue(
  run: StoredRun,
  payload: Payload,
  payloads: Pick<PayloadStore, 'get'>,
  bytesMax: number,
): Promise<Shown> {
  const bytes = 'pointer' in payload ? payload.bytes : 0;
  if (bytes > bytesMax) return { bytes };
  try {
    return { value: await unpack(payloads, run, payload) };
  } catch (error) {
    if (!(error instanceof HoldfastError) || !lostCodes.has(error.code)) throw error;
    return { bytes, isLost: true };
  }
}

const lostCodes: ReadonlySet<ErrorCode> = new Set(['PayloadMissing', 'PayloadDamaged']);

function common(run: StoredRun, node: RunNode | undefined) {
  return {
    id: run.run,
    tenant: run.tenant,
    task: run.name,
    kind: run.kind,
    hash: run.hash,
    priority: run.priority,
    tags: run.tags,
    attempt: node?.attempt ?? 0,
    maxAttempts: node?.attemptsMax ?? 0,
    createdAt: toIso(run.createdAt),
    // A workflow began with a node that may be anywhere by now.
    ...(run.kind === 'task' && node && timesOfTask(run, node)),
    ...(node?.worker !== undefined && { workerId: node.worker }),
    ...(node?.progress !== undefined && { progress: deserialize(node.progress) }),
    ...relatives(run),
    ...(run.idempotencyKey !== undefined && { idempotencyKey: run.idempotencyKey }),
  };
}

function timesOfTask(run: StoredRun, node: RunNode) {
  const isLeased = node.status === 'running' && run.phase === 'active';
  return {
    readyAt: toIso(node.notBefore),
    ...(node.startedAt !== undefined && { startedAt: toIso(node.startedAt) }),
    ...(isLeased && { leasedUntil: toIso(node.lease.until) }),
  };
}

/** The other runs that it has to do with. */
function relatives(run: StoredRun) {
  const { deliverTo, deliveryOf, dependencies, execution, parent, resumed, retryOf, waitsFor } = run;
  return {
    ...(dependencies && { dependsOn: Object.keys(dependencies) }),
    ...(waitsFor && { waitsFor }),
    ...(parent && { parent: { id: parent.run, node: parent.node } }),
    ...(retryOf !== undefined && { retryOf }),
    ...(deliveryOf !== undefined && { deliveryOf }),
    ...(deliverTo && {
      deliveries: deliverTo.map((target, index) => ({ id: deliveryRunId(run.run, index), ...target })),
    }),
    ...(execution && { execution }),
    ...(resumed && { resumed: { ...resumed, since: toIso(resumed.since) } }),
  };
}

function times(run: StoredRun, node: RunNode | undefined) {
  const endedAt = run.endedAt ?? run.at;
  const begin = run.kind === 'task' ? (node?.startedAt ?? run.createdAt) : run.createdAt;
  return { endedAt: toIso(endedAt), durationMs: Math.max(0, endedAt - begin) };
}

/** The node that stands for the run: the one that ended it, else one that is worked on, else one that will be. */
function foremost(run: StoredRun): RunNode | undefined {
  const nodes = Object.values(run.nodes);
  const ended = run.result === undefined ? undefined : run.nodes[run.result];
  // Of a child that was cancelled before it was started there is none.
  return (
    ended ??
    nodes.find(({ status }) => status === 'running') ??
    nodes.find(({ failure, status }) => status === 'ready' && failure) ??
    nodes.find(({ status }) => status === 'ready') ??
    nodes[0]
  );
}

export function errorOf({ failure }: { failure?: Failure | undefined }): RunError | undefined {
  if (!failure) return undefined;
  const { type, message, code, attempt, worker } = failure;
  return { type, message, attempt, ...(code && { code }), ...(worker && { workerId: worker }) };
}

const unknownError = (node: RunNode | undefined): RunError => ({
  type: 'Unknown',
  message: 'The cause was not recorded',
  attempt: node?.attempt ?? 0,
});

function askedFor({ control }: StoredRun, kind: 'cancel' | 'pause'): CancelRequest | undefined {
  if (control?.kind !== kind) return undefined;
  const { mode, reason, by, since } = control;
  return {
    mode,
    since: toIso(since),
    ...(reason !== undefined && { reason }),
    ...(by !== undefined && { by }),
  };
}

/** A worker's own record, judged by how long it has been silent. */
export function workerViewOf(worker: WorkerRecord, now: EpochMs): WorkerView {
  const ended = worker.succeeded + worker.failed;
  return {
    id: worker.id,
    pool: worker.pool,
    kind: worker.kind,
    status: workerStatus(worker, now),
    running: worker.running,
    succeeded: worker.succeeded,
    failed: worker.failed,
    averageMs: ended === 0 ? 0 : Math.round(worker.busyMs / ended),
    startedAt: toIso(worker.startedAt),
    lastSeenAt: toIso(worker.lastSeenAt),
  };
}

function workerStatus(worker: WorkerRecord, now: EpochMs): WorkerView['status'] {
  if (worker.stopped) return 'stopped';
  if (worker.expiresAt > now) return 'healthy';
  // Lambda freezes an idle environment, and a frozen one cannot say that it is there.
  return worker.kind === 'lambda' && worker.running === 0 ? 'stopped' : 'lost';
}
