import { describe, expect, it } from 'vitest';
import type { NodeId, Nonce, RunId } from '../../../lib/model/ids.ts';
import type { LeasedNode, Run } from '../../../lib/model/run.ts';
import { type ClaimCommand, claim, decideRefusedClaim, takeOver } from '../../../lib/protocol/claim.ts';
import { requestCancel } from '../../../lib/protocol/control.ts';
import { exhaust } from '../../../lib/protocol/exhaust.ts';
import { look } from '../../../lib/protocol/look.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const minuteMs = 60_000;
const a = 'a' as NodeId;
const nonce = 'mine' as Nonce;

const commandFor = ({ now, run }: Play, node = a): ClaimCommand => ({
  key: run,
  node,
  hash: run.hash,
  nonce,
  worker: 'me',
  leaseUntil: now + minuteMs,
});
const change = (run: Run, over: object, path = a): Run => ({
  ...run,
  nodes: { ...run.nodes, [path]: { ...run.nodes[path], ...over } as never },
});
const isPaused = { control: { kind: 'pause', mode: 'graceful', since: 1 } } as const;

/** A node whose holder fell silent a moment more than the grace ago. */
function abandoned() {
  const play = new Play(shapes.chain);
  play.claim('a');
  play.now += 65_001;
  return { play, node: play.node('a') as LeasedNode };
}

describe('a claim', () => {
  it('gives the lease with an epoch of its own, and looks begin again', () => {
    const play = new Play(shapes.chain);
    play.run = { ...play.run, looks: 3, epoch: 6 };
    play.now += 1_000;
    play.write(claim(commandFor(play), play.now, play.run.at));
    expect(play.run).toMatchObject({ epoch: 7, looks: 0, rev: 0 });
    expect(play.node('a')).toMatchObject({
      status: 'running',
      epoch: 7,
      attempt: 1,
      worker: 'me',
      startedAt: play.now,
      lease: { nonce, until: play.now + minuteMs },
    });
  });

  it('is refused by each thing that stands in its way', () => {
    const play = new Play(shapes.chain);
    const { run } = play;
    const write = claim(commandFor(play), play.now, run.at);
    expect(refusedBy(run, write)).toEqual([]);
    expect(refusedBy({ ...run, schema: 2 }, write)).toEqual(['claim.schema']);
    expect(refusedBy({ ...run, phase: 'ending' }, write)).toEqual(['claim.active']);
    expect(refusedBy({ ...run, ...isPaused }, write)).toEqual(['claim.noControl']);
    expect(refusedBy({ ...run, waitsFor: ['p' as RunId] }, write)).toEqual(['claim.released']);
    expect(refusedBy({ ...run, hash: 'x' as Run['hash'] }, write)).toEqual(['claim.hash']);
    expect(refusedBy(change(run, { status: 'waiting' }), write)).toEqual(['claim.ready']);
    expect(refusedBy(change(run, { notBefore: play.now + 1 }), write)).toEqual(['claim.due']);
    expect(refusedBy(change(run, { attempt: 3 }), write)).toEqual(['claim.attemptLeft']);
    expect(refusedBy({ ...run, at: play.now + 65_002 }, write)).toEqual(['claim.lookInTime']);
  });

  it('of a branch that has ended opens the join of that fork, not of another', () => {
    const play = new Play(shapes.forkInFork);
    const [first, second] = [play.claim('f/x/g/p/a'), play.claim('f/x/g/q/b')];
    const outer = play.claim('f/y/c');
    const seen = play.run;
    for (const held of [first, second, outer]) play.end(held, value('1'), {}, seen);
    const decided = (path: string) =>
      decideRefusedClaim(play.run, commandFor(play, path as NodeId), play.now, 1);
    expect(decided('f/x/g/p/a')).toMatchObject({ decision: 'join', fork: 'f/x/g' });
    expect(decided('f/y/c')).toEqual({ decision: 'drop', reason: 'Finished' });
  });
});

describe('a takeover', () => {
  it('gives the lease anew, and keeps the crash as the failure of the attempt before', () => {
    const { node, play } = abandoned();
    play.write(takeOver(commandFor(play), node, play.run.at, play.now));
    expect(play.run.epoch).toBe(2);
    expect(play.node('a')).toMatchObject({
      status: 'running',
      epoch: 2,
      attempt: 2,
      worker: 'me',
      lease: { nonce, until: play.now + minuteMs },
      failure: { code: 'WorkerLost', attempt: 1, worker: 'w' },
    });
  });

  it('is refused by each thing that stands in its way', () => {
    const { node, play } = abandoned();
    const { run } = play;
    const write = takeOver(commandFor(play), node, run.at, play.now);
    const alive = { lease: { ...node.lease, until: node.lease.until + 1 } };
    expect(refusedBy(run, write)).toEqual([]);
    expect(refusedBy({ ...run, schema: 2 }, write)).toEqual(['takeOver.schema']);
    expect(refusedBy({ ...run, phase: 'failed' }, write)).toEqual(['takeOver.active']);
    expect(refusedBy({ ...run, ...isPaused }, write)).toEqual(['takeOver.noControl']);
    expect(refusedBy({ ...run, hash: 'x' as Run['hash'] }, write)).toEqual(['takeOver.hash']);
    expect(refusedBy(change(run, { status: 'waiting' }), write)).toEqual(['takeOver.leased']);
    expect(refusedBy(change(run, { epoch: 2 }), write)).toEqual(['takeOver.epoch']);
    expect(refusedBy(change(run, alive), write)).toEqual(['takeOver.expired']);
    expect(refusedBy(change(run, { attempt: 3 }), write)).toEqual(['takeOver.attemptLeft']);
    expect(refusedBy({ ...run, at: play.now + 65_002 }, write)).toEqual(['takeOver.lookInTime']);
  });
});

it('a node is given up only as it was seen', () => {
  const { node, play } = abandoned();
  const { run } = play;
  const write = exhaust(run, a, node, play.now, 1);
  expect(refusedBy(run, write)).toEqual([]);
  expect(refusedBy({ ...run, schema: 2 }, write)).toEqual(['exhaust.schema']);
  expect(refusedBy({ ...run, phase: 'ending' }, write)).toEqual(['exhaust.active']);
  expect(refusedBy({ ...run, ...isPaused }, write)).toEqual(['exhaust.noControl']);
  expect(refusedBy({ ...run, rev: 1 }, write)).toEqual(['exhaust.rev']);
  expect(refusedBy(change(run, { status: 'ready' }), write)).toEqual(['exhaust.leased']);
  expect(refusedBy(change(run, { epoch: 2 }), write)).toEqual(['exhaust.epoch']);
  expect(refusedBy(change(run, { lease: { ...node.lease, nonce } }), write)).toEqual(['exhaust.nonce']);
  const until = play.now;
  expect(refusedBy(change(run, { lease: { ...node.lease, until } }), write)).toEqual(['exhaust.expired']);
});

describe('a look', () => {
  const looking = { lookaheadMs: minuteMs, repeatDoorbells: true, expires: 1 };
  const planned = (run: Run, now: number) => {
    const found = look(run, { ...looking, now });
    if (!found) throw new Error('there must be something to do');
    return found;
  };

  it('is refused where a holder has come, or gone, since', () => {
    const ready = new Play(shapes.chain);
    const first = planned(ready.run, ready.run.at).transition;
    ready.claim('a');
    expect(refusedBy(ready.run, first)).toEqual(['look.epoch', 'look.status']);
    const { play } = abandoned();
    const second = planned({ ...play.run, at: play.now }, play.now).transition;
    const seen = { ...play.run, at: play.now };
    expect(refusedBy(seen, second)).toEqual([]);
    expect(refusedBy(change(seen, { epoch: 2 }), second)).toEqual(['look.epoch']);
    expect(refusedBy(change(seen, { lease: { until: play.now } }), second)).toEqual(['look.expired']);
    const alive = new Play(shapes.chain);
    alive.claim('a');
    alive.run = { ...alive.run, at: alive.now };
    const third = planned(alive.run, alive.now).transition;
    expect(refusedBy(change(alive.run, { status: 'ready' }), third)).toEqual(['look.status']);
    expect(refusedBy({ ...alive.run, rev: 9 }, third)).toEqual(['look.rev']);
  });

  it('needs nothing of nodes that wait or have ended', () => {
    const play = new Play(shapes.awaitingForEver);
    play.end(play.claim('a'), value('1'));
    const { transition } = planned({ ...play.run, at: play.now }, play.now);
    const names = transition.guards.map(({ guard }) => guard);
    expect(names).toEqual(['look.schema', 'look.active', 'look.at', 'look.rev']);
  });

  it('moves to the first thing that needs one', () => {
    const play = new Play(shapes.forked);
    play.claim('f/x/a');
    play.run = change({ ...play.run, at: play.now }, { notBefore: play.now + 600_000 }, 'f/y/b' as NodeId);
    const moved = applyTransition(play.run, planned(play.run, play.now).transition);
    expect(moved?.at).toBe(play.now + 65_001);
  });

  it('at a join that nobody has opened rings, and looks again after a pause', () => {
    const play = new Play(shapes.forked);
    const held = [play.claim('f/x/a'), play.claim('f/y/b')];
    const seen = play.run;
    for (const each of held) play.end(each, value('1'), {}, seen);
    for (const pauseMin of [1, 2]) {
      play.now = play.run.at;
      expect(play.look()?.dispatches).toMatchObject([{ message: { node: 'f/y/b' }, delayMs: 0 }]);
      expect(play.run.at - play.now).toBe(pauseMin * minuteMs);
    }
    play.write(requestCancel(play.run, { mode: 'graceful' }, play.now));
    play.look();
    expect(play.run.phase).toBe('cancelled');
  });
});
