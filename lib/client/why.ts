import type { Limited } from '../model/limit.ts';
import { type Control, nodesOf, type Run, type RunKey, type RunNode, statusOf } from '../model/run.ts';
import { type EpochMs, toIso } from '../model/time.ts';
import { isReadable } from '../ports/run-store.ts';
import { isAbandoned } from '../protocol/abandoned.ts';
import { hasChildren, leasedNodes } from '../protocol/quiet.ts';
import { readRun } from './key.ts';
import type { ClientPorts } from './ports.ts';
import { errorOf } from './view.ts';
import type { Why } from './why-view.ts';

/** A doorbell is answered within moments where somebody serves its pool. */
const patienceMs = 60_000;
/** What is read at once of what a run depends on. */
const keysMax = 100;

type Answer = Omit<Why, 'id' | 'status'>;

/** The one thing that a run waits for. @throws HoldfastError `NotFound` */
export async function whyRun(ports: ClientPorts, key: RunKey): Promise<Why> {
  const run = await readRun(ports, key);
  const now = ports.clock.now();
  const answer =
    beyondNodes(run) ??
    (await dependent(ports, run)) ??
    working(run, now) ??
    (await dueNode(ports, run, now)) ??
    awaited(run) ??
    looked(run);
  return { id: run.run, status: statusOf(run), ...answer };
}

function beyondNodes(run: Run): Answer | undefined {
  if (run.phase !== 'active' && run.phase !== 'paused') {
    const status = statusOf(run);
    const verb = status === 'cancelled' || status === 'skipped' ? 'was' : 'has';
    return { cause: 'ended', message: `It waits for nothing: it ${verb} ${status}.` };
  }
  if (run.control?.kind === 'cancel') return cancelling(run);
  if (run.control?.kind === 'pause') return paused(run, run.control);
  return undefined;
}

function paused(run: Run, { by, reason, since }: Control): Answer {
  const who = { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
  const asked = `${by ? ` by ${by}` : ''} since ${toIso(since)}${reason ? `: ${reason}` : ''}`;
  const [held] = run.phase === 'active' ? leasedNodes(run) : [];
  if (!held) return { cause: 'paused', message: `Paused${asked}. Resume it to let it go on.`, ...who };
  const [node, { lease, worker }] = held;
  const until = toIso(lease.until);
  const message = `Being paused${asked}. It waits for ${worker} to finish ${node}, or for the lease to end at ${until}.`;
  return { cause: 'paused', message, node, until, ...who, ...(worker !== undefined && { workerId: worker }) };
}

async function dependent({ runs }: ClientPorts, run: Run): Promise<Answer | undefined> {
  const { tenant, waitsFor } = run;
  if (!waitsFor) return undefined;
  const names = `${waitsFor.length === 1 ? 'the run' : 'the runs'} ${waitsFor.join(', ')}`;
  const keys = waitsFor.slice(0, keysMax).map((id) => ({ tenant, run: id }));
  const ended = (await runs.getMany(keys)).filter(isReadable).filter((each) => isUntold(each, run));
  const base = { cause: 'dependency', runs: waitsFor } as const;
  if (ended.length < waitsFor.length) return { ...base, message: `It waits for ${names} to succeed.` };
  const until = toIso(run.at);
  const message = `It waits for its next look, at ${until}: ${names} ${ended.length === 1 ? 'has' : 'have'} ended already, and it was not among the first to be told.`;
  return { ...base, message, until };
}

/** Whether one that others depend on has ended, and leaves it to this one to find out. */
const isUntold = ({ dependents = [], phase }: Run, { run }: Run): boolean =>
  phase !== 'active' && phase !== 'paused' && !(phase === 'ending' && dependents.includes(run));

function cancelling(run: Run): Answer {
  const { by, reason } = run.control ?? {};
  const who = { ...(by !== undefined && { by }), ...(reason !== undefined && { reason }) };
  const [held] = leasedNodes(run);
  if (held) {
    const [node, { lease, worker }] = held;
    const until = toIso(lease.until);
    const message = `Being cancelled: it waits for ${worker} to finish ${node}, or for the lease to end at ${until}.`;
    return {
      cause: 'cancelling',
      message,
      node,
      until,
      ...who,
      ...(worker !== undefined && { workerId: worker }),
    };
  }
  if (!hasChildren(run))
    return { cause: 'cancelling', message: 'Being cancelled: discovery ends it.', ...who };
  const runs = nodesOf(run).flatMap(([, { child }]) =>
    child && child.status === undefined ? [child.run] : [],
  );
  return {
    cause: 'cancelling',
    message: `Being cancelled: it waits for its children ${runs.join(', ')} to end.`,
    runs,
    ...who,
  };
}

function working(run: Run, now: EpochMs): Answer | undefined {
  const [held] = leasedNodes(run).sort(([, a], [, b]) => b.lease.until - a.lease.until);
  if (!held) return undefined;
  const [path, node] = held;
  const { lease, worker } = node;
  const until = toIso(lease.until);
  const base = { node: path, until, ...(worker !== undefined && { workerId: worker }) };
  const message = isAbandoned(node, now)
    ? `Worker ${worker} fell silent while working on ${path}: its lease ended at ${until}, and discovery has it taken over.`
    : `Worker ${worker} works on ${path}, attempt ${node.attempt} of ${node.attemptsMax}, under a lease until ${until}.`;
  return { cause: 'lease', message, ...base };
}

/** A node that could be worked on, or will be by itself. */
async function dueNode(ports: ClientPorts, run: Run, now: EpochMs): Promise<Answer | undefined> {
  const [found] = nodesOf(run)
    .filter(([, { status }]) => status === 'ready')
    .sort(([, a], [, b]) => a.notBefore - b.notBefore);
  if (!found) return undefined;
  const [path, node] = found;
  if (node.limited) return limitedBy(path, node, node.limited);
  if (node.notBefore > now) return later(path, node);
  const pool = node.pool ?? run.pool;
  const { pools, registry } = ports;
  if (registry && !registry.byHash(run.hash)) {
    const message = `The definition of ${run.name} with the hash ${run.hash} is not deployed here.`;
    return { cause: 'definition', message, node: path };
  }
  if (!(pool in pools))
    return { cause: 'pool', message: `There is no pool ${pool} any more.`, node: path, pool };
  const isOverdue = now - Math.max(node.notBefore, run.createdAt) > patienceMs;
  if (isOverdue && !(await isServed(ports, pool, now)))
    return { cause: 'pool', message: `No worker serves the pool ${pool}.`, node: path, pool };
  const message = `A message for ${path} is on its way to the workers of the pool ${pool}; discovery sends it again.`;
  return { cause: 'queue', message, node: path, pool, until: toIso(Math.max(run.at, now)) };
}

function limitedBy(path: string, node: RunNode, { key, name, permit, since }: Limited): Answer {
  const which = key === '' ? name : `${name} of ${key}`;
  const base = { cause: 'limit', node: path, limit: { name, ...(key !== '' && { key }) } } as const;
  if (permit !== undefined) {
    const until = toIso(Math.max(permit, node.notBefore));
    return {
      ...base,
      message: `${path} begins at ${until}: the rate of the limit ${which} is used up.`,
      until,
    };
  }
  const message = `${path} waits for a slot of the limit ${which} since ${toIso(since)}; it is rung when one is free.`;
  return { ...base, message };
}

function later(path: string, node: RunNode): Answer {
  const until = toIso(node.notBefore);
  const error = errorOf(node);
  if (!error) return { cause: 'timer', message: `${path} begins at ${until}.`, node: path, until };
  const message = `Attempt ${error.attempt} of ${path} failed (${error.type}: ${error.message}); the next one begins at ${until}.`;
  return { cause: 'retry', message, node: path, until, error };
}

async function isServed({ workers }: ClientPorts, pool: string, now: EpochMs): Promise<boolean> {
  return (await workers.list()).some(
    (worker) => worker.pool === pool && !worker.stopped && worker.expiresAt > now,
  );
}

/** What only others can bring about. */
function awaited(run: Run): Answer | undefined {
  const waiting = nodesOf(run).filter(([, { status }]) => status === 'waiting');
  for (const [path, { signal }] of waiting) {
    if (!signal) continue;
    const until = signal.until === undefined ? undefined : toIso(signal.until);
    const message = `${path} waits for the signal ${signal.name}${until ? `, until ${until}` : ''}.`;
    return {
      cause: 'signal',
      message,
      node: path,
      signal: signal.name,
      ...(until !== undefined && { until }),
    };
  }
  for (const [path, { child }] of waiting) {
    if (child)
      return {
        cause: 'child',
        message: `${path} waits for the child run ${child.run}.`,
        node: path,
        runs: [child.run],
      };
  }
  return undefined;
}

const looked = (run: Run): Answer => {
  const until = toIso(run.at);
  return { cause: 'queue', message: `Discovery looks at it at ${until}.`, until };
};
