import type { Shape } from '../model/definition.ts';
import type { Failure } from '../model/failure.ts';
import type { NodeId } from '../model/ids.ts';
import type { Payload } from '../model/payload.ts';
import type { LeasedNode, Run } from '../model/run.ts';
import type { EpochMs, EpochSec } from '../model/time.ts';
import type { Guard, Transition, Update } from '../model/transition.ts';
import { awaitChild } from './child.ts';
import { controlAsSeen } from './control.ts';
import { type Ending, endNode, endRun } from './end.ts';
import { active, type Fence, fenced, raiseRev, remove, set, unchanged } from './guards.ts';
import { type Leaving, leaving } from './history.ts';
import { dispatchGraceMs } from './limits.ts';
import { lookInTime } from './look-in-time.ts';
import { endedBranches } from './nodes/join.ts';
import { type Next, nextAfter } from './nodes/next.ts';
import { branchAround, isWithin, type Place, placeOf } from './nodes/place.ts';
import { type FollowUp, followUpOf, type Opening, type OpenOptions, openNodes } from './open.ts';
import { openJoin } from './open-join.ts';
import { hasChildren, leasedNodes } from './quiet.ts';

export interface CommitOptions extends OpenOptions {
  readonly shape: Shape;
  readonly expires: EpochSec;
}

/** A holder's last write on its node, and what follows once it was applied. */
export interface Commit extends FollowUp {
  readonly transition: Transition;
  /** How the node ended after all: a decision may lead nowhere, and under a cancel a node waits for its child. */
  readonly status: 'succeeded' | 'failed' | 'cancelled' | 'waiting';
  /** To be put into an item of their own before the write, which takes them out of the run's. */
  readonly leaving: Leaving;
}

/**
 * The holder's last write: the node ends, the tree advances, and a run with nothing left to do leaves the active
 * index.
 *
 * Where no other node can be alive, the write is refused when the run changed since the snapshot (a cancel, say), and
 * the decision is made again on the run as it stands:
 *
 * ```
 * A  claim ────────── commit (epoch 1, nonce a, rev 0) ──▶ applied, and B is A's too, or B has a message
 * A's lost response:  commit again ──▶ refused; the node is done under my epoch: it was mine
 * ```
 *
 * Inside a branch of a fork, while others are alive, a holder writes only what its own lease allows, the nodes of its
 * own branch: a path commit, which neither raises `rev` nor is refused by it, so that branches do not wait for each
 * other. Whoever finds all branches ended, by what comes back, opens the join (see `joinFork` in open-join.ts):
 *
 * ```
 * A  (last of branch a) path commit ──▶ applied: b is not done
 * B  (last of branch b)   path commit ──▶ applied: all done ── join if rev 3 ──▶ applied: the join is B's
 * ```
 *
 * A path commit that comes to a child run raises `rev` all the same: who fails the run must know what it owes.
 *
 * ```
 * A  path commit opens the child c (rev 4) ── start c
 * B    the run fails if rev 3 ──▶ refused ── it fails if rev 4, and owes c its end
 * ```
 */
export function commit(run: Run, fence: Fence, ending: Ending, given: CommitOptions): Commit {
  const options = run.control ? unstarted(given) : given;
  if (run.control?.kind === 'cancel') {
    if (hasLiveChild(run, fence.node)) return waits(run, fence);
    return isAlone(run, fence.node)
      ? endsRun(run, fence, ending, 'cancelled', options)
      : plain(run, fence, endNode(fence.node, ending, options.now), ending.status);
  }
  if (ending.status !== 'succeeded') return endsRun(run, fence, ending, ending.status, options);
  const place = placeOf(options.shape, fence.node);
  if (!place) throw new Error(`the definition has no node ${fence.node}`);
  const next = nextAfter(run, place, ending.decision);
  const passed = 'passes' in next ? { ...ending, output: inputOf(run, fence.node) } : ending;
  switch (next.next) {
    case 'fail':
      return endsRun(
        run,
        fence,
        { status: 'failed', failure: failureOf(run, fence, next) },
        'failed',
        options,
      );
    case 'endRun': {
      const ended = endsRun(run, fence, passed, 'succeeded', options);
      return extended(ended, loopsLeft(next.left, options.now));
    }
    case 'endBranch':
      return endsBranch(run, fence, passed, next, options);
    case 'open':
      return advances(run, fence, passed, { place, next }, options);
  }
}

/** What follows is opened, but begins only when the run goes on. */
const unstarted = (options: CommitOptions): CommitOptions => ({
  ...options,
  inline: undefined,
  hop: options.hopLimit,
});

/** Nobody else holds a node, and no child runs: what this holder leaves, nobody adds to. */
const isAlone = (run: Run, own: NodeId): boolean =>
  !hasChildren(run) && leasedNodes(run).every(([path]) => path === own);

const hasLiveChild = ({ nodes }: Run, path: NodeId): boolean =>
  nodes[path]?.child !== undefined && nodes[path].child.status === undefined;

/** A cancelled run ends after its children: were the node to end now, nobody would wait for the one it has started. */
const waits = (run: Run, fence: Fence): Commit => ({
  transition: awaitChild(run, fence),
  status: 'waiting',
  leaving: {},
  dispatches: [],
});

/** What went into a node, where it is one value. */
export function inputOf(run: Run, path: NodeId): Payload {
  const { from, input } = run.nodes[path] ?? {};
  if (input) return input;
  if (from === undefined) return run.input;
  const source = run.nodes[from];
  const output = source && 'output' in source ? source.output : undefined;
  if (!output) throw new Error(`the input of ${path}, the output of ${from}, is not there`);
  return output;
}

function endsRun(
  run: Run,
  fence: Fence,
  ending: Ending,
  status: 'succeeded' | 'failed' | 'cancelled',
  { expires, now }: CommitOptions,
): Commit {
  return {
    transition: {
      name: 'commit',
      key: run,
      guards: [...active('commit'), ...fenced('commit', fence), unchanged('commit', run)],
      updates: [
        ...endNode(fence.node, ending, now),
        ...endRun(run, status, { by: fence.node, now, expires }),
        // A join that has failed may be tried again, with what its branches have given.
        ...(ending.status === 'succeeded' ? joined(run, fence.node) : []),
      ],
    },
    status: ending.status,
    leaving: {},
    dispatches: [],
  };
}

/** A path commit that opens nothing. */
function plain(
  run: Run,
  fence: Fence,
  updates: readonly Update[],
  status: Commit['status'],
  guards: readonly Guard[] = [],
): Commit {
  return {
    transition: {
      name: 'pathCommit',
      key: run,
      guards: [...active('pathCommit'), ...fenced('pathCommit', fence), ...guards],
      updates,
    },
    status,
    leaving: {},
    dispatches: [],
  };
}

function endsBranch(
  run: Run,
  fence: Fence,
  ending: Ending,
  { ends, left }: Extract<Next, { next: 'endBranch' }>,
  options: CommitOptions,
): Commit {
  const own = [
    ...endNode(fence.node, ending, options.now),
    set(['nodes', fence.node, 'ends'], ends),
    ...joined(run, fence.node),
    ...loopsLeft(left, options.now),
  ];
  // The others' ends show in the snapshot: then the join is opened by the same write.
  if (endedBranches(run, ends.fork).length + 1 >= ends.of) {
    const join = openJoin('commit', run, ends.fork, options);
    return {
      transition: {
        name: 'commit',
        key: run,
        guards: [...active('commit'), ...fenced('commit', fence), ...join.guards],
        updates: [...own, ...join.updates],
      },
      status: 'succeeded',
      leaving: {},
      ...join.followUp,
    };
  }
  // Should the holder of the last branch end before it opens the join, a look finds it out.
  const look = lookInTime('pathCommit', options.now + dispatchGraceMs, run.at);
  return plain(run, fence, [...own, ...look.updates], 'succeeded', [look.guard]);
}

function advances(
  run: Run,
  fence: Fence,
  ending: Extract<Ending, { status: 'succeeded' }>,
  { next, place }: { next: Extract<Next, { next: 'open' }>; place: Place },
  options: CommitOptions,
): Commit {
  const scope = branchAround(place);
  const name = scope === undefined ? 'commit' : 'pathCommit';
  const opening = openNodes(next.opened, fence.epoch, options, run);
  const isUnchanged = scope === undefined || opening.signals !== undefined;
  const opensChild = next.opened.nodes.some(({ isChild }) => isChild);
  const isRaised = scope === undefined || opening.signals === 'taken' || opensChild;
  const look = lookInTime(name, opening.needAt, run.at);
  const keep = new Set(next.opened.nodes.flatMap(({ from }) => from ?? []));
  const marked = joined(run, fence.node);
  const actions = Object.keys(opening.nodes).length + marked.length;
  const gone = next.again === undefined ? leaving(run, { actions, by: fence.node, keep, scope }) : {};
  const ends =
    next.again === undefined
      ? endNode(fence.node, ending, options.now)
      : goesRound(run, next.again, ending, opening);
  return {
    transition: {
      name,
      key: run,
      guards: [
        ...active(name),
        ...fenced(name, fence),
        ...(isUnchanged ? [unchanged(name, run)] : []),
        ...(scope === undefined ? [] : [controlAsSeen(name, run)]),
        look.guard,
      ],
      updates: [
        ...ends,
        ...(next.again === undefined ? marked : []),
        ...loopsLeft(next.left, options.now),
        ...opening.updates,
        ...Object.keys(gone).map((path) => remove(['nodes', path])),
        ...(Object.keys(gone).length > 0 && !run.hasHistory ? [set(['hasHistory'], true)] : []),
        ...(isRaised ? [raiseRev()] : []),
        ...look.updates,
      ],
    },
    status: 'succeeded',
    leaving: gone,
    ...followUpOf(run, opening, options),
  };
}

/** The body's nodes go, those that come again excepted; the loop has what goes into the next iteration. */
function goesRound(
  run: Run,
  { iteration, loop }: { readonly iteration: number; readonly loop: NodeId },
  ending: Extract<Ending, { status: 'succeeded' }>,
  opening: Opening,
): Update[] {
  const body = (Object.keys(run.nodes) as NodeId[]).filter(
    (path) => isWithin(path, loop) && !opening.nodes[path],
  );
  return [
    set(['nodes', loop, 'iteration'], iteration),
    set(['nodes', loop, 'output'], ending.output),
    ...body.map((path) => remove(['nodes', path])),
  ];
}

const loopsLeft = (left: readonly NodeId[], now: EpochMs): Update[] =>
  left.flatMap((path) => [
    set(['nodes', path, 'status'], 'succeeded'),
    set(['nodes', path, 'endedAt'], now),
    remove(['nodes', path, 'output']),
  ]);

/** When a join has ended, the ends of its branches have served. */
const joined = (run: Run, path: NodeId): Update[] =>
  endedBranches(run, path).map((ended) => remove(['nodes', ended.path, 'ends']));

const extended = (commit: Commit, updates: readonly Update[]): Commit => ({
  ...commit,
  transition: { ...commit.transition, updates: [...commit.transition.updates, ...updates] },
});

function failureOf(run: Run, fence: Fence, { code, message }: Extract<Next, { next: 'fail' }>): Failure {
  const { attempt, worker } = run.nodes[fence.node] as LeasedNode;
  return { type: code, code, message, attempt, ...(worker !== undefined && { worker }) };
}
