import type { NodeId } from '../model/ids.ts';
import { isOpen, type LeasedNode, type Run, type RunNode, type TerminalStatus } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Transition, Update } from '../model/transition.ts';
import { type Applied, isReadable } from '../ports/run-store.ts';
import type { LeaseAnswer, LeaseRequest, Life, Opening } from './lease-history.ts';

/** The lease that a sender has, or believes to have. */
export interface Sender {
  readonly owner: string;
  readonly epoch: number;
}

/** What one write asks of one node. */
export interface Asked {
  readonly node: NodeId;
  readonly owner: string;
  readonly request: LeaseRequest;
}

/** The node whose lease a write is about; undefined for one of clients and discovery, and for a join. */
export function nodeWrittenBy({ guards }: Transition): NodeId | undefined {
  const found = guards.find(({ path }) => path.length === 3 && path[0] === 'nodes' && path[2] === 'status');
  return found?.path[1] as NodeId | undefined;
}

/** What a write asks of the node that it is about; undefined for one that asks nothing of a lease. */
export function leaseRequestOf(transition: Transition, sender: Sender): Asked | undefined {
  const node = nodeWrittenBy(transition);
  if (node === undefined) return undefined;
  const request = ownRequest(transition, node, sender.epoch);
  if (!request) return undefined;
  const claimed = request.asks === 'claim' ? leaseIn(transition.updates, node) : undefined;
  return { node, owner: claimed?.nonce ?? sender.owner, request };
}

function ownRequest({ name, updates }: Transition, node: NodeId, epoch: number): LeaseRequest | undefined {
  const value = (...path: string[]) => valueAt(updates, ['nodes', node, ...path]);
  switch (name) {
    case 'claim':
    case 'takeOver':
      return { asks: 'claim', until: leaseIn(updates, node)?.until ?? 0 };
    case 'renew':
      return { asks: 'renew', epoch, until: value('lease', 'until') as EpochMs };
    case 'retry':
    case 'yield':
      return { asks: 'release', epoch };
    case 'await':
      return { asks: 'await', epoch };
    case 'exhaust':
      return { asks: 'end', status: 'failed' };
    case 'commit':
    case 'pathCommit': {
      // Where a loop goes round its nodes do not end, but go, or come again.
      const status = (value('status') ?? 'succeeded') as Extract<LeaseRequest, { asks: 'commit' }>['status'];
      const output = value('output');
      return {
        asks: 'commit',
        epoch,
        status,
        ...(output === undefined ? {} : { output: outputOf(output as object) }),
      };
    }
    default:
      return undefined;
  }
}

/** What a write that was applied did to all nodes. `run` is as the write left it, `known` the nodes it ever had. */
export function leaseEffectsOf(
  transition: Transition,
  sender: Sender,
  { known, run }: { known: Iterable<NodeId>; run: Run },
): Asked[] {
  const own = leaseRequestOf(transition, sender);
  const opened = openingsOf(transition.updates, run);
  const left = transition.updates.flatMap((update) =>
    'remove' in update && isNode(update.remove) ? [update.remove[1] as NodeId] : [],
  );
  const others = new Set([...known].filter((node) => node !== own?.node));
  const { owner } = sender;
  return [
    ...(own ? [{ ...own, request: withNext(own, opened, left) }] : []),
    ...[...opened]
      .filter(([node]) => node !== own?.node)
      .map(([node, opening]) => ({ node, owner, request: { asks: 'open' as const, opening } })),
    ...left
      .filter((node) => others.has(node))
      .map((node) => ({ node, owner, request: { asks: 'leave' as const } })),
    ...woken(transition).map((node) => ({ node, owner, request: { asks: 'wake' as const } })),
    ...ending(transition, others).map((each) => ({ ...each, owner })),
  ];
}

function withNext(
  { node, request }: Asked,
  opened: ReadonlyMap<NodeId, Opening>,
  left: readonly NodeId[],
): LeaseRequest {
  const next = opened.get(node) ?? (left.includes(node) ? 'leave' : undefined);
  return request.asks === 'commit' && next !== undefined ? { ...request, next } : request;
}

/** Those that bring what a node waits for, or give it up. */
const wakers: ReadonlySet<string> = new Set(['signal', 'deliver', 'timeOut', 'notify']);

const woken = ({ name, updates }: Transition): NodeId[] =>
  wakers.has(name)
    ? updates.flatMap((update) =>
        'value' in update && update.value === 'ready' && update.set[2] === 'status'
          ? [update.set[1] as NodeId]
          : [],
      )
    : [];

/** A run that ends takes all its nodes along; a cancel, or what it depended on, ends those that are open. */
function ending(
  { updates }: Transition,
  others: ReadonlySet<NodeId>,
): { node: NodeId; request: LeaseRequest }[] {
  // A run that is parked, or leaves once its duties are done, changes its phase, too.
  if (valueAt(updates, ['endedAt']) === undefined) return [];
  return [...others].map((node) => {
    const status = valueAt(updates, ['nodes', node, 'status']);
    const isEnded = status === 'cancelled' || status === 'skipped';
    return { node, request: isEnded ? { asks: 'end', status } : { asks: 'stop' } };
  });
}

/** The nodes that a run begins with. */
export function openingsOfRun(run: Run): Map<NodeId, Opening> {
  const updates = Object.entries(run.nodes).map(([path, value]) => ({ set: ['nodes', path], value }));
  return openingsOf(updates, run);
}

/** Loops are left out: they have no leases. */
function openingsOf(updates: readonly Update[], run: Run): Map<NodeId, Opening> {
  const opened = new Map<NodeId, Opening>();
  for (const update of updates) {
    if (!('value' in update) || !isNode(update.set)) continue;
    const node = update.value as RunNode;
    if (isLoop(node)) continue;
    const path = update.set[1] as NodeId;
    const holder = node.status === 'running' ? holderOf(node) : undefined;
    opened.set(path, {
      life: lifeOf(run, path),
      epoch: node.epoch,
      ...(holder && { holder }),
      ...(node.status === 'waiting' && { waits: true }),
      ...(!isOpen(node) && { ended: endOf(node) }),
    });
  }
  return opened;
}

const isLoop = (node: RunNode): boolean =>
  (node.status === 'waiting' || node.status === 'succeeded') && node.iteration !== undefined;

function endOf(node: RunNode): NonNullable<Opening['ended']> {
  const output = node.status === 'succeeded' && node.output ? outputOf(node.output) : undefined;
  return { status: node.status as TerminalStatus, ...(output !== undefined && { output }) };
}

const holderOf = ({ lease }: LeasedNode) => ({ owner: lease.nonce, until: lease.until });

/** The iterations of the loops around a node. */
function lifeOf({ nodes }: Pick<Run, 'nodes'>, path: NodeId): Life {
  const ids = path.split('/');
  return ids.flatMap((_, count) => {
    const around = nodes[ids.slice(0, count).join('/') as NodeId];
    return around?.status === 'waiting' && around.iteration !== undefined ? [around.iteration] : [];
  });
}

const isNode = (path: readonly string[]) => path.length === 2 && path[0] === 'nodes';

const leaseIn = (updates: readonly Update[], node: NodeId) =>
  valueAt(updates, ['nodes', node, 'lease']) as LeasedNode['lease'] | undefined;

function valueAt(updates: readonly Update[], path: readonly string[]): unknown {
  const found = updates.find(
    (update) =>
      'value' in update &&
      update.set.length === path.length &&
      update.set.every((step, index) => step === path[index]),
  );
  return found && 'value' in found ? found.value : undefined;
}

export const outputOf = (payload: object) => JSON.stringify(payload);

/** What the answer of a write says of the lease that it is about. */
export function leaseAnswerOf({ applied, run }: Applied, { node, owner, request }: Asked): LeaseAnswer {
  const readable = isReadable(run) ? run : undefined;
  const own = readable?.nodes[node];
  if (applied) return { answer: 'granted', ...(request.asks === 'claim' && { epoch: own?.epoch ?? 0 }) };
  return { answer: 'refused', because: readable ? refusal(readable, own, owner, request) : 'Unreadable' };
}

function refusal(run: Run, node: RunNode | undefined, owner: string, request: LeaseRequest): string {
  if (run.phase !== 'active') return run.phase === 'paused' ? 'NotClaimable' : 'Finished';
  const isHeld = node?.status === 'running';
  if (request.asks === 'claim') {
    if (!node) return 'NoSuchNode';
    if (isHeld) return 'Leased';
    return isOpen(node) ? 'NotClaimable' : 'Finished';
  }
  if (!('epoch' in request)) return 'Changed';
  return isHeld && node.lease.nonce === owner && node.epoch === request.epoch ? 'Changed' : 'NotHolder';
}
