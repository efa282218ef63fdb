import type { RunId } from '../model/ids.ts';
import type { Payload } from '../model/payload.ts';
import { isOpen, nodesOf, type Run, type RunNode, schemaVersion } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Creation } from '../model/transition.ts';
import { dispatchGraceMs, idleLookMs } from './limits.ts';

export interface RetryCommand {
  readonly now: EpochMs;
  /** Instead of what went into the node that failed. */
  readonly input?: Payload | undefined;
  readonly nameChild: () => RunId;
}

/** The id of the run that goes on from a failed one: `<id>~2`, of that one `<id>~3`. */
export function retryId(run: RunId): RunId {
  const [, first = run, count = '1'] = /^(.*)~(\d+)$/.exec(run) ?? [];
  return `${first}~${Number(count) + 1}` as RunId;
}

/**
 * A failed run goes on as another one, so that what has ended stays as it is: its finished nodes are carried over, the one
 * that failed and those that were open begin again.
 *
 * Only for a run that has failed.
 */
export function retryRun(failed: Run, { input, nameChild, now }: RetryCommand): Creation {
  const { ended: _e, endedAt: _a, expires: _x, failure: _f, control: _c, resumed: _r, ...kept } = failed;
  const { counted: _n, dependents: _d, parent: _p, idempotencyKey: _i, result, waitsFor, ...rest } = kept;
  const begins = nodesOf(failed).map(([path, node]) => {
    const edited = path === result && failed.kind === 'workflow' ? input : undefined;
    return [path, again(node, failed, { input: edited, nameChild, now })] as const;
  });
  const unfit = Object.values(failed.nodes).flatMap((node) => (isUnfit(node) ? [node.signal?.id] : []));
  const signalIds = failed.signalIds?.filter((id) => !unfit.includes(id));
  const run: Run = {
    ...rest,
    ...(signalIds && { signalIds }),
    schema: schemaVersion,
    run: retryId(failed.run),
    retryOf: failed.run,
    phase: 'active',
    at: now + dispatchGraceMs,
    rev: 0,
    looks: 0,
    createdAt: now,
    ...(failed.kind === 'task' && input && { input }),
    ...(waitsFor && { waitsFor }),
    nodes: Object.fromEntries(begins),
  };
  return { name: 'submit', run: { ...run, at: Math.min(run.at, ...needs(run)) } };
}

function again(
  node: RunNode,
  { createdAt }: Run,
  { input, nameChild, now }: { input: Payload | undefined; nameChild: () => RunId; now: EpochMs },
): RunNode {
  const isLooping = node.status === 'waiting' && node.iteration !== undefined;
  if (node.status === 'succeeded' || isLooping) return node;
  const { attemptsMax, epoch, from, pool, priority } = node;
  const base = {
    epoch,
    attempt: 0,
    attemptsMax,
    notBefore: node.status === 'ready' ? Math.max(node.notBefore, now) : now,
    ...(from !== undefined && { from }),
    ...(pool !== undefined && { pool }),
    ...(priority !== undefined && { priority }),
    ...((input ?? node.input) && { input: input ?? node.input }),
    // What a child has done need not be done again, unless it is to get something else.
    ...(node.child && {
      child: node.child.status === 'succeeded' && !input ? node.child : { run: nameChild() },
    }),
  };
  if (!node.signal) return { ...base, status: 'ready' };
  const { name, payload, until } = node.signal;
  const id = isUnfit(node) ? undefined : node.signal.id;
  const came = id === undefined ? {} : { id, ...(payload && { payload }) };
  if (id !== undefined) return { ...base, status: 'ready', signal: { name, ...came } };
  if (until === undefined) return { ...base, status: 'waiting', signal: { name } };
  // What has not come is waited for as long as the first time; at least so where a hand-back hides when that began.
  const began = node.notBefore < until ? node.notBefore : createdAt;
  return { ...base, status: 'waiting', signal: { name, until: now + until - began } };
}

/** It got a signal that does not fit it: another one may. */
const isUnfit = (node: RunNode): boolean => node.status === 'failed' && node.failure.code === 'InvalidSignal';

const needs = (run: Run): EpochMs[] =>
  Object.values(run.nodes)
    .filter(isOpen)
    .map(({ notBefore, signal, status }) =>
      status === 'ready' ? notBefore + dispatchGraceMs : (signal?.until ?? run.createdAt + idleLookMs),
    );
