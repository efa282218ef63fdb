import type { Registered } from '../define/registry.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Failure } from '../model/failure.ts';
import type { Payload } from '../model/payload.ts';
import type { LeasedNode, Run, RunNode } from '../model/run.ts';
import { type EpochMs, toEpochSec } from '../model/time.ts';
import type { Transition } from '../model/transition.ts';
import { expiry, type Packed, packText, storeApart } from '../payload/payload.ts';
import { sleep } from '../ports/clock.ts';
import { isReadable } from '../ports/run-store.ts';
import { backoff } from '../protocol/backoff.ts';
import { commit, readRefusedWrite } from '../protocol/commit.ts';
import type { Ending } from '../protocol/end.ts';
import { type HandBack, retryLater, yieldNode } from '../protocol/hand-back.ts';
import type { Held } from './acquire.ts';
import { isRetryable, toFailure } from './failure.ts';
import type { WorkerPorts } from './ports.ts';

/** What was written at the end of an attempt. */
export type Settled = 'succeeded' | 'failed' | 'retrying' | 'yielded' | 'cancelled' | 'lost';

/** What to write, before the decision that the run's state may still change. */
export type Result =
  | { readonly kind: 'value'; readonly text: string; readonly cached: boolean }
  | { readonly kind: 'error'; readonly thrown: unknown; readonly checkpoint: Packed | undefined }
  | { readonly kind: 'yield'; readonly checkpoint: Packed | undefined }
  | { readonly kind: 'cancelled' };

interface SettleContext {
  readonly ports: WorkerPorts;
  readonly held: Held;
  readonly registered: Registered;
  readonly hop: number;
  /** Until then an unreachable store is tried again. */
  readonly leaseUntil: EpochMs;
}

type Write = { readonly settled: Settled; readonly transition: Transition; readonly handBack?: HandBack };

const pauseBetweenTriesMs = 500;

/**
 * Writes the result with the fence. A write that is refused although the lease is still held is decided again on the
 * run as it stands: a cancel may have come.
 *
 * @throws HoldfastError `StoreUnreachable` when the store gave no answer until the lease's end
 */
export async function settle(context: SettleContext, latest: Run, result: Result): Promise<Settled> {
  const { held, ports } = context;
  let run = latest;
  for (;;) {
    const write = await untilAnswered(context, () => decide(context, run, result));
    const applied = await untilAnswered(context, () => ports.runs.apply(write.transition));
    if (applied.applied) return write.handBack ? handBack(ports, applied.run, write) : write.settled;
    const read = readRefusedWrite(
      isReadable(applied.run) ? applied.run : undefined,
      held.fence,
      wrote(write),
    );
    // Its response was lost: what was to follow it still is.
    if (read.now === 'done') return write.handBack ? handBack(ports, read.run, write) : write.settled;
    if (read.now === 'lost') return 'lost';
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
    case 'cancelled':
      return ending(context, run, { status: 'cancelled' });
  }
}

async function decideValue(
  context: SettleContext,
  run: Run,
  { text, cached }: { text: string; cached: boolean },
): Promise<Write> {
  const { held, ports } = context;
  let packed: Packed;
  try {
    const pointer = `${held.fence.node}#${held.fence.epoch}`;
    packed = packText(text, { field: 'output', pointer, tooLarge: 'OutputTooLarge' });
  } catch (thrown) {
    return await decideError(context, run, { thrown, checkpoint: undefined });
  }
  const expiresAt = expiry.ofOutput(ports.clock.now(), ports.settings.retention);
  await storeApart(ports.payloads, run, packed, expiresAt);
  return ending(context, run, { status: 'succeeded', output: packed.payload, cached });
}

async function decideError(
  context: SettleContext,
  run: Run,
  { thrown, checkpoint }: { thrown: unknown; checkpoint: Packed | undefined },
): Promise<Write> {
  const { held, ports, registered } = context;
  const node = run.nodes[held.fence.node] as LeasedNode;
  const failure = toFailure(thrown, node.attempt, ports.workerId);
  const again =
    node.attempt < node.attemptsMax && !run.control && isRetryable(thrown, registered.task.retryIf);
  if (!again) return ending(context, run, { status: 'failed', failure });
  // The next attempt goes on from where this one came to.
  await storeCheckpoint(ports, run, checkpoint);
  return retrying(context, run, node, { failure, checkpoint: checkpoint?.payload });
}

function retrying(
  context: SettleContext,
  run: Run,
  node: LeasedNode,
  kept: { failure: Failure; checkpoint: Payload | undefined },
): Write {
  const { held, hop, ports, registered } = context;
  const { policy } = registered.task;
  const { settings } = ports;
  const bounds = {
    backoffMs: policy.backoffMs ?? settings.backoff,
    factor: policy.factor ?? settings.backoffFactor,
    maxBackoffMs: policy.maxBackoffMs ?? settings.maxBackoff,
  };
  const delayMs = backoff(bounds, node.attempt, ports.random.fraction());
  const now = ports.clock.now();
  const step = retryLater(run, held.fence, { ...kept, delayMs, now, hop, hopLimit: settings.hopLimit });
  return { settled: 'retrying', transition: step.transition, handBack: step };
}

async function storeCheckpoint(ports: WorkerPorts, run: Run, checkpoint: Packed | undefined): Promise<void> {
  if (!checkpoint) return;
  const expiresAt = expiry.ofCheckpoint(ports.clock.now(), ports.settings.retention);
  await storeApart(ports.payloads, run, checkpoint, expiresAt);
}

async function decideYield(context: SettleContext, run: Run, checkpoint: Packed | undefined): Promise<Write> {
  const { held, hop, ports } = context;
  if (run.control?.kind === 'cancel') return ending(context, run, { status: 'cancelled' });
  await storeCheckpoint(ports, run, checkpoint);
  const now = ports.clock.now();
  const { hopLimit } = ports.settings;
  const step = yieldNode(run, held.fence, { checkpoint: checkpoint?.payload, now, hop, hopLimit });
  return { settled: 'yielded', transition: step.transition, handBack: step };
}

function ending({ held, ports }: SettleContext, run: Run, end: Ending): Write {
  const now = ports.clock.now();
  const expires = toEpochSec(now + ports.settings.retention);
  return { settled: end.status, transition: commit(run, held.fence, end, now, expires) };
}

/** The node is ready again; the doorbell may fail, and then discovery rings. */
async function handBack({ logger, queue }: WorkerPorts, run: Run, write: Write): Promise<Settled> {
  const { handBack } = write;
  if (!handBack) return write.settled;
  const unsent = await queue.send(handBack.dispatches);
  if (unsent.length > 0) logger.warn('doorbell not sent; discovery will', { run: run.run });
  return write.settled;
}

/** The status in which the write leaves the node. */
function wrote({ settled }: Write): RunNode['status'] {
  if (settled === 'retrying' || settled === 'yielded') return 'ready';
  return settled === 'lost' ? 'running' : settled;
}

/** A store that gives no answer is asked again, as long as the lease lasts: the work is done already. */
async function untilAnswered<T>({ leaseUntil, ports }: SettleContext, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const unreachable = error instanceof HoldfastError && error.code === 'StoreUnreachable';
      if (!unreachable || ports.clock.now() + pauseBetweenTriesMs >= leaseUntil) throw error;
      ports.logger.warn('store unreachable: result not yet written, trying again', { error });
      await sleep(ports.clock, pauseBetweenTriesMs);
    }
  }
}
