import type { Shape } from '../../lib/model/definition.ts';
import type { NodeId, Nonce, RunId } from '../../lib/model/ids.ts';
import type { Run, RunNode, SucceededNode } from '../../lib/model/run.ts';
import type { EpochMs } from '../../lib/model/time.ts';
import type { Transition } from '../../lib/model/transition.ts';
import { type CommitOptions, commit } from '../../lib/protocol/commit.ts';
import type { Fence } from '../../lib/protocol/guards.ts';
import { joinFork } from '../../lib/protocol/open-join.ts';
import { leasedNode, sampleRun, start } from '../support/sample-run.ts';
import { chain, longBranch } from '../support/workflow-shapes.ts';

const inline = { nonce: 'nonce-2' as Nonce, worker: 'worker-1', endsAt: start + 60_000 };
const value = { status: 'succeeded', output: { text: '1' }, cached: false } as const;
const options = (shape: Shape): CommitOptions => ({
  shape,
  planOf: () => ({ attemptsMax: 3, leaseMs: 60_000 }),
  now: start,
  expires: 1,
  hop: 0,
  hopLimit: 64,
  nameChild: () => 'child' as RunId,
  inline,
});

/** What holders of a workflow's nodes write, with the look as it stands and with it brought forward. */
export function workflowTransitions(): Transition[] {
  return [start, start + 3_600_000].flatMap((at) => [
    ends(chain, at, 'a'),
    ends(longBranch, at, 'f/x/a'),
    ends(longBranch, at, 'f/x/b'),
    ends(longBranch, at, 'f/x/b', { 'f/y/c': ended('y') }),
    commit(pausing(at), fenceOf('f/x/a'), value, options(longBranch)).transition,
    ...joins(at),
  ]);
}

const ended = (branch: string): SucceededNode => ({
  status: 'succeeded',
  epoch: 1,
  attempt: 1,
  attemptsMax: 3,
  notBefore: start,
  output: { text: '1' },
  endedAt: start,
  ends: { fork: 'f' as NodeId, branch, of: 2 },
});

function ends(shape: Shape, at: EpochMs, path: string, others: Readonly<Record<string, RunNode>> = {}) {
  const run = withNodes(at, { [path]: leasedNode, ...others });
  return commit(run, fenceOf(path), value, options(shape)).transition;
}

const fenceOf = (path: string): Fence => ({ node: path as NodeId, epoch: 1, nonce: 'nonce-1' as Nonce });

const pausing = (at: EpochMs): Run => ({
  ...withNodes(at, { 'f/x/a': leasedNode }),
  control: { kind: 'pause', mode: 'graceful', since: start },
});

const withNodes = (at: EpochMs, nodes: Readonly<Record<string, RunNode>>): Run =>
  sampleRun({ kind: 'workflow', at, epoch: 1, nodes });

function joins(at: EpochMs): Transition[] {
  const run = withNodes(at, { 'f/x/b': ended('x'), 'f/y/c': ended('y') });
  const joined = joinFork(run, 'f' as NodeId, options(longBranch));
  return joined ? [joined.transition] : [];
}
