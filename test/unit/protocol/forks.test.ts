import { describe, expect, it } from 'vitest';
import type { Nonce } from '../../../lib/model/ids.ts';
import { claim, decideRefusedClaim } from '../../../lib/protocol/claim.ts';
import { commit } from '../../../lib/protocol/commit.ts';
import { requestCancel } from '../../../lib/protocol/control.ts';
import { look } from '../../../lib/protocol/look.ts';
import { forksToJoin } from '../../../lib/protocol/nodes/join.ts';
import { joinFork } from '../../../lib/protocol/open-join.ts';
import { readRefusedWrite } from '../../../lib/protocol/refused-write.ts';
import { renew } from '../../../lib/protocol/renew.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const failed = { status: 'failed', failure: { type: 'Error', message: 'no', attempt: 1 } } as const;
const looking = { lookaheadMs: 60_000, repeatDoorbells: true, expires: 1 };

/** Both branches leased, and the second committed on a snapshot from before the first has ended. */
function endedAtOnce() {
  const play = new Play(shapes.forked);
  const a = play.claim('f/x/a');
  const b = play.claim('f/y/b');
  const seen = play.run;
  play.end(a, value('1'), {}, seen);
  const second = play.end(b, value('2'), {}, seen);
  return { play, a, b, seen, second };
}

describe('a fork', () => {
  it('opens all branches, one of them for its opener', () => {
    const play = new Play(shapes.forkedBetween);
    const { continues, dispatches } = play.end(play.claim('s'), value('0'));
    expect(continues?.node).toBe('f/x/a');
    expect(dispatches).toMatchObject([{ message: { node: 'f/y/b' } }]);
    expect([play.node('f/x/a'), play.node('f/y/b')]).toMatchObject([{ from: 's' }, { from: 's' }]);
  });

  it('is joined by the last branch when its snapshot shows the others ended', () => {
    const play = new Play(shapes.forked);
    const first = play.end(play.claim('f/x/a'), value('1'));
    expect(first.transition.name).toBe('pathCommit');
    expect(first.continues).toBeUndefined();
    const b = play.claim('f/y/b');
    const joining = play.goOn(b, value('2'));
    expect(joining).toMatchObject({ node: 'f', epoch: b.epoch + 1 });
    expect(play.run.epoch).toBe(joining.epoch);
    play.end(joining, value('3'));
    expect(play.run).toMatchObject({ phase: 'succeeded', result: 'f' });
    expect(play.node('f/x/a')).not.toHaveProperty('ends');
  });

  it('is left unjoined by branches that end at once, and joined by the next write', () => {
    const { play, second } = endedAtOnce();
    expect(second.transition.name).toBe('pathCommit');
    expect(forksToJoin(play.run)).toMatchObject([{ fork: 'f' }]);
    const planned = joinFork(play.run, 'f' as never, play.options());
    const other = joinFork(play.run, 'f' as never, play.options());
    if (!planned || !other) throw new Error('the fork is to be joined');
    play.write(planned.transition);
    expect(play.node('f')).toMatchObject({ status: 'running', epoch: play.run.epoch });
    expect(applyTransition(play.run, other.transition)).toBeUndefined();
    expect(joinFork(play.run, 'f' as never, play.options())).toBeUndefined();
  });

  it('is joined by a message where time is up', () => {
    const { play } = endedAtOnce();
    const planned = joinFork(play.run, 'f' as never, play.options({ inline: undefined }));
    expect(planned?.dispatches).toMatchObject([{ message: { node: 'f' } }]);
    expect(planned?.transition.guards.map(({ guard }) => guard)).not.toContain('join.newEpoch');
  });

  it('is not joined while a branch goes on, nor under a cancel', () => {
    const play = new Play(shapes.forked);
    play.end(play.claim('f/x/a'), value('1'));
    expect(joinFork(play.run, 'f' as never, play.options())).toBeUndefined();
    expect(forksToJoin(play.run)).toEqual([]);
    const { play: both } = endedAtOnce();
    both.write(requestCancel(both.run, { mode: 'graceful' }, both.now));
    expect(joinFork(both.run, 'f' as never, both.options())).toBeUndefined();
  });

  it('whose joiner has died is found out by a look, and joined by whoever gets the message', () => {
    const { play } = endedAtOnce();
    expect(look(play.run, { ...looking, now: play.run.at - 1 })?.dispatches ?? []).toEqual([]);
    const found = look(play.run, { ...looking, now: play.run.at });
    const message = found?.dispatches[0]?.message;
    if (!message) throw new Error('a look must ring for the join');
    const command = { key: play.run, ...message, nonce: 'n' as Nonce, worker: 'w', leaseUntil: play.now };
    expect(applyTransition(play.run, claim(command, play.now))).toBeUndefined();
    expect(decideRefusedClaim(play.run, command, play.now, 1)).toMatchObject({ decision: 'join', fork: 'f' });
  });

  it('is looked at for the first of its branches that needs it', () => {
    const delay = (id: string, minutes: number) =>
      ({ kind: 'delay', id, delayMs: minutes * 60_000 }) as const;
    const branches = [
      { name: 'x', body: [delay('short', 20)] },
      { name: 'y', body: [delay('long', 40)] },
    ];
    const fork = { kind: 'fork', id: 'f', branches, join: { kind: 'map', id: 'f' } } as const;
    const play = new Play({ kind: 'workflow', name: 'w', body: [fork] });
    expect(play.run.at).toBe(play.now + 20 * 60_000);
  });

  it('has served once its join has ended, and what follows is open', () => {
    const play = new Play(shapes.forkedBetween);
    play.end(play.goOn(play.claim('s'), value('0')), value('1'));
    const joining = play.goOn(play.claim('f/y/b'), value('2'));
    expect(play.node('f/x/a')).toHaveProperty('ends');
    expect(play.goOn(joining, value('3')).node).toBe('t');
    for (const path of ['f/x/a', 'f/y/b']) expect(play.node(path)).not.toHaveProperty('ends');
  });

  it('within a fork ends a branch of that', () => {
    const play = new Play(shapes.forkInFork);
    play.end(play.claim('f/x/g/p/a'), value('1'));
    const inner = play.goOn(play.claim('f/x/g/q/b'), value('2'));
    play.end(inner, value('3'));
    expect(play.node('f/x/g/p/a')).not.toHaveProperty('ends');
    expect(play.node('f/x/g')).toMatchObject({
      status: 'succeeded',
      ends: { fork: 'f', branch: 'x', of: 2 },
    });
    expect(play.goOn(play.claim('f/y/c'), value('4')).node).toBe('f');
  });

  it('has loops that end with a branch', () => {
    const play = new Play(shapes.loopInBranch);
    play.end(play.claim('f/x/l/a'), value('1', 'done'));
    expect(play.node('f/x/l')).toMatchObject({ status: 'succeeded' });
    expect(play.node('f/x/l/a')).toMatchObject({ ends: { branch: 'x' } });
  });

  it('fails as a whole with one branch, and refuses what the others still write', () => {
    const play = new Play(shapes.forked);
    const a = play.claim('f/x/a');
    const b = play.claim('f/y/b');
    const seen = play.run;
    play.end(a, failed);
    const late = commit(seen, b, value('2'), play.options());
    expect(applyTransition(play.run, late.transition)).toBeUndefined();
    expect(readRefusedWrite(play.run, b, 'succeeded')).toEqual({ now: 'lost' });
  });
});

describe('a cancel in a fork', () => {
  it('lets each holder end its own node, and the last one the run', () => {
    const play = new Play(shapes.forked);
    const a = play.claim('f/x/a');
    const b = play.claim('f/y/b');
    play.write(requestCancel(play.run, { mode: 'graceful' }, play.now));
    const first = play.end(a, value('1'));
    expect([first.transition.name, play.run.phase]).toEqual(['pathCommit', 'active']);
    play.end(b, { status: 'cancelled' });
    expect(play.run).toMatchObject({ phase: 'cancelled', result: 'f/y/b' });
  });

  it('is not outrun by a branch that would go on', () => {
    const play = new Play(shapes.longBranch);
    const a = play.claim('f/x/a');
    const seen = play.run;
    play.write(requestCancel(play.run, { mode: 'graceful' }, play.now));
    const late = commit(seen, a, value('1'), play.options());
    expect(late.continues?.node).toBe('f/x/b');
    expect(applyTransition(play.run, late.transition)).toBeUndefined();
  });
});

describe('a refused write', () => {
  it('had gone through where the node that it opened is mine', () => {
    const play = new Play(shapes.looped);
    const a = play.claim('l/a');
    const again = play.goOn(a, value('1', 'again'));
    // The node is the same and under the same epoch: only the nonce tells.
    expect(readRefusedWrite(play.run, a, 'succeeded', again)).toMatchObject({ now: 'done' });
    expect(readRefusedWrite(play.run, a, 'succeeded')).toEqual({ now: 'lost' });
  });

  it('of a renewal keeps progress and checkpoint together with the lease', () => {
    const play = new Play(shapes.chain);
    const a = play.claim('a');
    const kept = { progress: 'half', checkpoint: { text: '5' } };
    const leaseUntil = play.now + 90_000;
    play.write(renew({ key: play.run, fence: a, leaseUntil, seenAt: play.run.at, ...kept }));
    expect(play.node('a')).toMatchObject({ ...kept, lease: { until: leaseUntil } });
    play.write(renew({ key: play.run, fence: a, leaseUntil: leaseUntil + 1, seenAt: play.run.at }));
    expect(play.node('a')).toMatchObject(kept);
  });
});
