import { carrySpent } from '../cost/carry.ts';
import type { TaskLimit } from '../define/limit.ts';
import type { AttemptOutcome } from '../model/attempt.ts';
import { HoldfastError, isUnreachable } from '../model/errors.ts';
import type { Failure } from '../model/failure.ts';
import type { Reached } from '../model/limit.ts';
import type { Dispatch } from '../model/message.ts';
import type { Payload } from '../model/payload.ts';
import type { LeasedNode, Run, RunNode } from '../model/run.ts';
import type { Transition } from '../model/transition.ts';
import { inlineOutputMax, keepFor, type Packed, packText, storeApart } from '../payload/payload.ts';
import { sleep } from '../ports/clock.ts';
import { isReadable } from '../ports/run-store.ts';
import { backoff } from '../protocol/backoff.ts';
import { awaitChild } from '../protocol/child.ts';
import { type CommitOptions, commit } from '../protocol/commit.ts';
import type { Ending } from '../protocol/end.ts';
import type { Fence } from '../protocol/guards.ts';
import { giveWay, type HandBack, retryLater, yieldNode } from '../protocol/hand-back.ts';
import type { Leaving } from '../protocol/history.ts';
import { readRefusedWrite } from '../protocol/refused-write.ts';
import { ring } from '../relations/ring.ts';
import { errorTypeOf } from '../trace/spans.ts';
import { childResult } from './child-run.ts';
import { isRetryable, toFailure } from './failure.ts';
import { keepAttempt, type Telling } from './keep-attempt.ts';
import type { NodePolicy } from './node-policy.ts';
import type { Performed } from './performed.ts';
import type { WorkerPorts } from './ports.ts';
import { queueingUsage, queueUp } from './queue-up.ts';
import { type Continued, holdNext, tend } from './tend.ts';
import { keepForWorkflow } from './workflow-expiry.ts';

/** What was written at the end of an attempt. */
export type Settled = AttemptOutcome | 'limited';

/** What to write, before the decision that the run's state may still change. */
export type Result =
  | ({ readonly kind: 'value' } & Performed)
  | Thrown
  | { readonly kind: 'yield'; readonly checkpoint: Packed | undefined }
  /** It has not begun. */
  | { readonly kind: 'limited'; readonly limited: Reached }
  /** The child run is started. */
  | { readonly kind: 'await' }
  | { readonly kind: 'cancelled' };

interface Thrown {
  readonly kind: 'error';
  readonly thrown: unknown;
  readonly checkpoint: Packed | undefined;
  /** No further attempt would help. */
  readonly isFinal?: boolean;
}

/** What became of an attempt, and the node that the same holder goes on with, if there is one. */
export interface Ended {
  readonly settled: Settled;
  /** What kind of error, of one that failed. */
  readonly error?: string;
  readonly continued?: Continued;
}

export interface SettleContext extends Telling {
  readonly policy: NodePolicy;
  readonly hop: number;
  /** Of the node's task. */
  readonly limit: TaskLimit | undefined;
  /** Made anew for each try: time goes on. */
  readonly options: () => CommitOptions;
}

interface Write {
  readonly settled: Settled;
  /** Of an attempt that failed. */
  readonly failure?: Failure;
  readonly error?: string;
  readonly transition: Transition;
  readonly dispatches: readonly Dispatch[];
  readonly leaving?: Leaving;
  readonly continues?: Fence;
  /** What was stored apart for it. */
  readonly packed?: Packed;
  /** What it gives way to. */
  readonly limited?: Reached;
}

const pauseBetweenTriesMs = 500;

/**
 * Writes the result with the fence. A write that is refused although the lease is still held is decided again on the
 * run as it stands: a cancel may have come.
 *
 * @throws HoldfastError `StoreUnreachable` when the store gave no answer until the lease's end
 */
export async function settle(context: SettleContext, latest: Run, result: Result): Promise<Ended> {
  const { ports } = context;
  try {
    return await writeResult(context, latest, result);
  } catch (error) {
    if (isUnanswered(error) || result.kind !== 'value') throw error;
    // What cannot be written, whatever is tried, ends the node with its cause, instead of running it again.
    ports.logger.error('result not written: the node fails', { error });
    return await writeResult(context, latest, {
      kind: 'error',
      thrown: error,
      checkpoint: undefined,
      isFinal: true,
    });
  }
}

/** No answer came: it may be written later, or have been written already. */
const isUnanswered = (error: unknown): boolean =>
  isUnreachable(error) || (error instanceof HoldfastError && error.code === 'TableNotFound');

async function writeResult(context: SettleContext, latest: Run, result: Result): Promise<Ended> {
  const { held, ports } = context;
  let run = latest;
  let told: Settled | undefined;
  for (;;) {
    const write = await untilAnswered(context, () => decide(context, run, result));
    await untilAnswered(context, () => putHistory(context, write));
    if (write.settled !== told && write.settled !== 'limited')
      await keepAttempt(context, { ...write, settled: write.settled });
    told = write.settled;
    const { paid, transition } = carrySpent(ports.runs, run, held.fence.node, {
      ...write,
      later: queueingUsage(context.limit, write.limited),
    });
    const applied = await untilAnswered(context, () => ports.runs.apply(transition));
    if (applied.applied) {
      paid();
      return await followUp(context, applied.run, write);
    }
    const read = readRefusedWrite(
      isReadable(applied.run) ? applied.run : undefined,
      held.fence,
      wrote(write),
      write.continues,
    );
    // Its response was lost: what was to follow it still is.
    if (read.now === 'done') {
      paid();
      return await followUp(context, read.run, write);
    }
    if (read.now === 'lost') {
      await keepAttempt(context, { settled: 'lost' });
      return { settled: 'lost' };
    }
    run = read.run;
  }
}

async function decide(context: SettleContext, run: Run, result: Result): Promise<Write> {
  switch (result.kind) {
    case 'value':
      return await decideValue(context, run, result);
    case 'error':
      return await decideError(context, run, result);
    case 'yield':
      return await decideYield(context, run, result.checkpoint);
    case 'limited':
      return decideLimited(context, run, result.limited);
    case 'await':
      return await decideAwait(context, run);
    case 'cancelled':
      return ending(context, run, { status: 'cancelled' });
  }
}

async function decideValue(context: SettleContext, run: Run, result: Performed): Promise<Write> {
  let packed: Packed | undefined;
  try {
    packed = packOutput(context, run, result.output);
  } catch (thrown) {
    return await decideError(context, run, { thrown, checkpoint: undefined });
  }
  const { clock, payloads } = context.ports;
  if (packed) await storeApart(payloads, run, packed, clock.now());
  const end: Ending = {
    status: 'succeeded',
    cached: result.cached,
    ...(packed && { output: packed.payload }),
    ...(result.decision !== undefined && { decision: result.decision }),
  };
  return { ...ending(context, run, end), ...(packed && { packed }) };
}

function packOutput(
  { held, ports, registered }: SettleContext,
  run: Run,
  output: { readonly text: string } | { readonly payload: Payload } | undefined,
): Packed | undefined {
  if (!output) return undefined;
  if ('payload' in output) return { payload: output.payload };
  return packText(output.text, {
    field: 'output',
    // The nonce is fresh for each attempt, also where a node comes again under one epoch.
    pointer: `${held.fence.node}#${held.fence.nonce}`,
    tooLarge: 'OutputTooLarge',
    store: ports.payloads,
    keepMs:
      run.kind === 'task' ? keepFor.output(ports.settings.retention) : keepForWorkflow(ports, registered),
    inlineBytesMax: inlineOutputMax(run),
  });
}

/** A child that has ended before its starter let go of the node: the same holder takes the result. */
async function decideAwait(context: SettleContext, run: Run): Promise<Write> {
  const { fence } = context.held;
  const node = run.nodes[fence.node];
  if (node?.child?.status === undefined)
    return { settled: 'waiting', transition: awaitChild(run, fence), dispatches: [] };
  let performed: Performed;
  try {
    performed = childResult(run, fence.node);
  } catch (thrown) {
    return await decideError(context, run, { thrown, checkpoint: undefined });
  }
  return await decideValue(context, run, performed);
}

async function decideError(
  context: SettleContext,
  run: Run,
  { checkpoint, isFinal = false, thrown }: Omit<Thrown, 'kind'>,
): Promise<Write> {
  const { held, ports, policy } = context;
  const node = run.nodes[held.fence.node] as LeasedNode;
  const failure = toFailure(thrown, node.attempt, ports.workerId);
  const isLast = isFinal || node.attempt >= node.attemptsMax;
  const again = !isLast && run.control?.kind !== 'cancel' && isRetryable(thrown, policy.retryIf);
  const error = errorTypeOf(thrown);
  if (!again) return { ...ending(context, run, { status: 'failed', failure }), failure, error };
  // The next attempt goes on from where this one came to.
  await storeCheckpoint(ports, run, checkpoint);
  const bounds = { backoffMs: policy.backoffMs, factor: policy.factor, maxBackoffMs: policy.maxBackoffMs };
  const delayMs = backoff(bounds, node.attempt, ports.random.fraction());
  const hops = { hop: context.hop, hopLimit: ports.settings.hopLimit };
  const now = ports.clock.now();
  const kept = { failure, checkpoint: checkpoint?.payload };
  return {
    ...handedBack('retrying', retryLater(run, held.fence, { ...kept, delayMs, now, ...hops })),
    failure,
    error,
  };
}

async function decideYield(context: SettleContext, run: Run, checkpoint: Packed | undefined): Promise<Write> {
  const { held, hop, ports } = context;
  if (run.control?.kind === 'cancel') return ending(context, run, { status: 'cancelled' });
  await storeCheckpoint(ports, run, checkpoint);
  const now = ports.clock.now();
  const { hopLimit } = ports.settings;
  return handedBack(
    'yielded',
    yieldNode(run, held.fence, { checkpoint: checkpoint?.payload, now, hop, hopLimit }),
  );
}

function decideLimited(context: SettleContext, run: Run, limited: Reached): Write {
  const { held, hop, ports } = context;
  if (run.control?.kind === 'cancel') return ending(context, run, { status: 'cancelled' });
  const { hopLimit } = ports.settings;
  const back = giveWay(run, held.fence, { limited, now: ports.clock.now(), hop, hopLimit });
  return { ...handedBack('limited', back), limited };
}

const handedBack = (settled: Settled, { dispatches, transition }: HandBack): Write => ({
  settled,
  transition,
  dispatches,
});

async function storeCheckpoint(ports: WorkerPorts, run: Run, checkpoint: Packed | undefined): Promise<void> {
  if (checkpoint) await storeApart(ports.payloads, run, checkpoint, ports.clock.now());
}

function ending({ held, options }: SettleContext, run: Run, end: Ending): Write {
  const { status, ...planned } = commit(run, held.fence, end, options());
  return { settled: status, ...planned };
}

async function putHistory(context: SettleContext, { leaving }: Write): Promise<void> {
  const { held, ports } = context;
  if (!leaving || Object.keys(leaving).length === 0) return;
  const now = ports.clock.now();
  // Names follow each other in time: of a node that came twice, the later one is found last.
  const name = `${String(now).padStart(15, '0')}#${held.fence.nonce}`;
  await ports.history.put(held.run, name, leaving, now + keepForWorkflow(ports, context.registered));
}

/** Doorbells may fail, and then discovery rings. */
async function followUp(context: SettleContext, run: Run, write: Write): Promise<Ended> {
  const { error, settled, packed } = write;
  await ring(context.ports, write.dispatches);
  await queueUp(context, run, write.limited);
  const next = write.continues
    ? holdNext(run, write.continues)
    : await tend(context, run, context.held.fence.node);
  return {
    settled,
    ...(error !== undefined && { error }),
    ...(next && { continued: { ...next, ...(packed?.apart !== undefined && { carried: packed }) } }),
  };
}

/** The status in which the write leaves the node. */
function wrote({ settled }: Write): RunNode['status'] {
  if (settled === 'retrying' || settled === 'yielded' || settled === 'limited') return 'ready';
  return settled === 'lost' ? 'running' : settled;
}

/** A store that gives no answer is asked again, as long as the lease lasts: the work is done already. */
async function untilAnswered<T>({ leaseUntil, ports }: SettleContext, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isUnreachable(error) || ports.clock.now() + pauseBetweenTriesMs >= leaseUntil) throw error;
      ports.logger.warn('store unreachable: result not yet written, trying again', { error });
      await sleep(ports.clock, pauseBetweenTriesMs);
    }
  }
}
