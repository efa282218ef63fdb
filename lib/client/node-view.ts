import pMap from 'p-map';
import type { NodeId } from '../model/ids.ts';
import { type AwaitedSignal, isOpen, type Run, type RunNode, type RunStatus } from '../model/run.ts';
import { deserialize } from '../model/serialize.ts';
import { type EpochMs, toIso } from '../model/time.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { Leaving } from '../protocol/history.ts';
import type { NodeView } from './run-view.ts';
import { errorOf, shownBytesMax, shownValue } from './view.ts';

interface Surroundings {
  readonly payloads: Pick<PayloadStore, 'get'>;
  readonly now: EpochMs;
}

/** The nodes of a run as people see them, the earliest first. `earlier` have left the run's item. */
export async function nodeViews(run: Run, earlier: Leaving, around: Surroundings): Promise<NodeView[]> {
  const all = Object.entries({ ...earlier, ...run.nodes }) as [NodeId, RunNode][];
  const sorted = all.sort(([, a], [, b]) => beginOf(a) - beginOf(b));
  return await pMap(sorted, ([id, node]) => viewOfNode(run, id, node, around), { concurrency: 10 });
}

const beginOf = (node: RunNode): EpochMs => node.startedAt ?? node.notBefore;

async function viewOfNode(
  run: Run,
  id: NodeId,
  node: RunNode,
  { now, payloads }: Surroundings,
): Promise<NodeView> {
  const error = errorOf(node);
  const isLater = node.status === 'ready' && node.notBefore > now;
  return {
    id,
    status: statusIn(run, node, isLater),
    attempt: node.attempt,
    maxAttempts: node.attemptsMax,
    ...(node.worker !== undefined && { workerId: node.worker }),
    readyAt: toIso(node.notBefore),
    ...(node.startedAt !== undefined && { startedAt: toIso(node.startedAt) }),
    ...('endedAt' in node && { endedAt: toIso(node.endedAt) }),
    ...(node.status === 'running' && isActive(run) && { leasedUntil: toIso(node.lease.until) }),
    ...(isLater && { nextRetryAt: toIso(node.notBefore) }),
    ...(error && { error }),
    ...(node.progress !== undefined && { progress: deserialize(node.progress) }),
    ...('cached' in node && node.cached && { cached: true }),
    ...('iteration' in node && node.iteration !== undefined && { iteration: node.iteration }),
    ...(node.signal && { signal: signalView(node.signal) }),
    ...(node.child && {
      child: { id: node.child.run, ...(node.child.status && { status: node.child.status }) },
    }),
    ...('decision' in node && node.decision !== undefined && { decision: node.decision }),
    ...(await editedInputOf(run, node, payloads)),
    ...(await outputOf(run, node, payloads)),
  };
}

const signalView = ({ id, name, until }: AwaitedSignal) => ({
  name,
  ...(until !== undefined && { until: toIso(until) }),
  ...(id !== undefined && { id }),
});

/** What was open when its run ended was ended by that; what waits for its time waits. */
function statusIn(run: Run, node: RunNode, isLater: boolean): RunStatus {
  if (isOpen(node) && !isActive(run)) return 'cancelled';
  return isLater ? 'waiting' : node.status;
}

const isActive = ({ phase }: Run): boolean => phase === 'active' || phase === 'paused';

async function editedInputOf(
  run: Run,
  { input }: RunNode,
  payloads: Pick<PayloadStore, 'get'>,
): Promise<Pick<NodeView, 'input'>> {
  if (!input) return {};
  const { bytes, value } = await shownValue(run, input, payloads, shownBytesMax);
  return bytes === undefined ? { input: value } : {};
}

async function outputOf(
  run: Run,
  node: RunNode,
  payloads: Pick<PayloadStore, 'get'>,
): Promise<Pick<NodeView, 'output' | 'outputBytes' | 'outputLost'>> {
  if (node.status !== 'succeeded' || !node.output) return {};
  const { bytes, isLost, value } = await shownValue(run, node.output, payloads, shownBytesMax);
  return bytes === undefined
    ? { output: value }
    : { outputBytes: bytes, ...(isLost && { outputLost: isLost }) };
}
