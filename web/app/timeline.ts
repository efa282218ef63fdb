import type { AttemptView, NodeView, Run } from '../../lib/client/index.ts';
import type { RunStatus } from '../../lib/model/run.ts';

/** A stretch of time of one node. */
export interface Bar {
  /** `queued`: it could begin, and nobody had begun; `wait`: for a signal, a child or its time; `tried`: an attempt before. */
  readonly kind: 'queued' | 'work' | 'wait' | 'tried';
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly status: RunStatus;
}

export interface Row {
  readonly id: string;
  readonly status: RunStatus;
  readonly attempt: number;
  readonly workerId?: string;
  readonly bars: readonly Bar[];
  /** Of the last attempt: from when it could begin to when it did, in milliseconds. */
  readonly queuedMs?: number;
}

export interface Timeline {
  readonly from: number;
  readonly to: number;
  readonly rows: readonly Row[];
}

/** What node views and runs of single tasks have alike. */
type Timed = Pick<NodeView, 'status' | 'attempt'> &
  Partial<
    Pick<NodeView, 'workerId' | 'readyAt' | 'startedAt' | 'endedAt' | 'signal' | 'child' | 'nextRetryAt'>
  >;

/** What happened to a run when, as far as it tells: a row for each node, the earliest first. */
export function timelineOf(run: Run, attempts: readonly AttemptView[], now: number): Timeline {
  const from = Date.parse(run.createdAt);
  const end = 'endedAt' in run ? Date.parse(run.endedAt) : now;
  const of = (id: string) => attempts.filter(({ node }) => node === id);
  const rows = run.nodes
    ? run.nodes.map((node) => rowOf(node.id, node, of(node.id), end))
    : [rowOf('task', run, of('task'), end)];
  return { from, to: Math.max(end, from + 1), rows };
}

function rowOf(id: string, node: Timed, attempts: readonly AttemptView[], end: number): Row {
  const { attempt, status, workerId } = node;
  const queued = queueOf(node);
  return {
    id,
    status,
    attempt,
    ...(workerId !== undefined && { workerId }),
    ...(queued?.kind === 'queued' && { queuedMs: queued.to - queued.from }),
    bars: [...triedBefore(node, attempts), ...(queued ? [queued] : []), ...lastOf(node, end)],
  };
}

const timeOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Date.parse(text);

/** How long its last attempt, once begun, had lain there. */
function queueOf({ attempt, child, readyAt, signal, startedAt, status }: Timed): Bar | undefined {
  const [from, to] = [timeOf(readyAt), timeOf(startedAt)];
  if (from === undefined || to === undefined || to < from) return undefined;
  // Since when it could begin is not known: most of the time it waited for what was to come.
  const hasWaited = attempt <= 1 && (signal !== undefined || child !== undefined);
  return { kind: hasWaited ? 'wait' : 'queued', from, to, status };
}

/** Attempts that another came after. The last one is the node's own, unless it is to be made again. */
function triedBefore({ startedAt, status }: Timed, attempts: readonly AttemptView[]): Bar[] {
  const isOpen = status === 'ready' || status === 'waiting' || status === 'paused';
  return attempts
    .filter((each) => isOpen || each.startedAt !== startedAt)
    .map(({ endedAt, outcome, startedAt: from }) => ({
      kind: 'tried',
      from: Date.parse(from),
      to: Date.parse(endedAt),
      status: outcome === 'failed' || outcome === 'retrying' || outcome === 'lost' ? 'failed' : 'waiting',
    }));
}

function lastOf(node: Timed, end: number): Bar[] {
  const { status } = node;
  const ended = timeOf(node.endedAt) ?? end;
  const [ready, started] = [timeOf(node.readyAt), timeOf(node.startedAt)];
  if (status === 'ready' || status === 'waiting' || status === 'paused') {
    const kind = status === 'ready' ? 'queued' : 'wait';
    return ready === undefined || ready > end ? [] : [{ kind, from: ready, to: end, status }];
  }
  if (started !== undefined) {
    return [{ kind: 'work', from: started, to: Math.max(started, ended), status }];
  }
  // What no attempt was made for, such as a delay that was cancelled.
  return ready === undefined || ready > ended ? [] : [{ kind: 'wait', from: ready, to: ended, status }];
}

/** Round times within so long a time, each with its distance from the beginning in milliseconds. */
export function ticksOf(lengthMs: number, most: number): readonly number[] {
  const rough = lengthMs / most;
  const step = steps.find((each) => each >= rough) ?? Math.ceil(rough / 86_400_000) * 86_400_000;
  return Array.from({ length: Math.floor(lengthMs / step) + 1 }, (_, index) => index * step);
}

const [s, m, h] = [1_000, 60_000, 3_600_000];
const steps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[s, 2 * s, 5 * s, 10 * s, 30 * s, m, 2 * m, 5 * m, 10 * m, 30 * m],
  ...[h, 2 * h, 6 * h, 12 * h, 24 * h],
];
