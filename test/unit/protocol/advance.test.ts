import { describe, expect, it } from 'vitest';
import type { Shape } from '../../../lib/model/definition.ts';
import type { NodeId, Nonce } from '../../../lib/model/ids.ts';
import type { Run } from '../../../lib/model/run.ts';
import { commit, inputOf } from '../../../lib/protocol/commit.ts';
import { nextAfter } from '../../../lib/protocol/nodes/next.ts';
import { openBody } from '../../../lib/protocol/nodes/open.ts';
import { branchAround, decides, loopAround, placeOf } from '../../../lib/protocol/nodes/place.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const failed = { status: 'failed', failure: { type: 'Error', message: 'no', attempt: 1 } } as const;
const inline = undefined;

describe('a chain', () => {
  it('goes on under the same epoch and another nonce, by one write', () => {
    const play = new Play(shapes.chain);
    const a = play.claim('a');
    const b = play.goOn(a, value('1'));
    expect(b).toEqual({ node: 'b', epoch: a.epoch, nonce: expect.not.stringMatching(a.nonce) });
    expect(play.node('b')).toMatchObject({ status: 'running', from: 'a', attempt: 1, worker: 'w' });
    expect(inputOf(play.run, b.node)).toEqual({ text: '1' });
    play.end(b, value('2'));
    expect(play.run).toMatchObject({ phase: 'succeeded', result: 'b', expires: 1 });
  });

  it('leases the next node for its own time, but not beyond the end of the invocation', () => {
    const until = (endsAt: number) => {
      const play = new Play(shapes.chain, { b: { leaseMs: 30_000 } });
      const inline = { nonce: 'n' as Nonce, worker: 'w', endsAt: play.now + endsAt };
      play.end(play.claim('a'), value('1'), { inline });
      const b = play.node('b');
      return b?.status === 'running' && b.lease.until - play.now;
    };
    expect([until(900_000), until(10_000)]).toEqual([30_000, 10_000]);
  });

  it('is advanced by its holder alone, in the run that was seen', () => {
    const play = new Play(shapes.chain);
    const a = play.claim('a');
    const { transition } = commit(play.run, a, value('1'), play.options());
    const change = (over: object) => ({ ...play.run, nodes: { a: { ...play.node('a'), ...over } } }) as Run;
    expect(refusedBy(play.run, transition)).toEqual([]);
    expect(refusedBy({ ...play.run, schema: 2 }, transition)).toEqual(['commit.schema']);
    expect(refusedBy({ ...play.run, phase: 'ending' }, transition)).toEqual(['commit.active']);
    expect(refusedBy({ ...play.run, rev: 9 }, transition)).toEqual(['commit.rev']);
    expect(refusedBy(change({ status: 'ready' }), transition)).toEqual(['commit.leased']);
    expect(refusedBy(change({ epoch: 2 }), transition)).toEqual(['commit.epoch']);
    expect(refusedBy(change({ lease: { nonce: 'x' } }), transition)).toEqual(['commit.nonce']);
    expect(refusedBy({ ...play.run, at: play.now + 3_600_000 }, transition)).toEqual(['commit.lookInTime']);
  });

  it('leaves the next node to a message when time is up, or when other workers serve it', () => {
    for (const [plans, over] of [
      [{}, { inline }],
      [{ b: { isElsewhere: true, pool: 'gpu', priority: 'high' } }, {}],
    ] as const) {
      const play = new Play(shapes.chain, plans);
      const { dispatches } = play.end(play.claim('a'), value('1'), over);
      expect(play.node('b')).toMatchObject({ status: 'ready', attempt: 0 });
      expect(dispatches).toMatchObject([{ message: { node: 'b', hop: 1 }, delayMs: 0 }]);
      expect(dispatches[0]?.pool).toBe(plans === undefined || !('b' in plans) ? 'default' : 'gpu');
    }
  });

  it('is looked at in time where the hop limit leaves the next node without a message', () => {
    const play = new Play(shapes.chain);
    const { dispatches } = play.end(play.claim('a'), value('1'), { inline, hop: 63 });
    expect(dispatches).toEqual([]);
    expect(play.run.at).toBeLessThanOrEqual(play.now);
  });

  it('fails with the node that failed, and has that as its result', () => {
    const play = new Play(shapes.chain);
    play.end(play.claim('a'), failed);
    expect(play.run).toMatchObject({ phase: 'failed', result: 'a' });
    expect(play.node('b')).toBeUndefined();
  });

  it('keeps that a result was shared', () => {
    const play = new Play(shapes.chain);
    play.end(play.claim('a'), { ...value('1'), cached: true } as never);
    expect(play.node('a')).toMatchObject({ status: 'succeeded', cached: true });
  });

  it('is not committed under a definition that lacks the node', () => {
    const play = new Play(shapes.chain);
    const a = play.claim('a');
    expect(() => commit(play.run, a, value('1'), play.options({ shape: shapes.forked }))).toThrow(
      'no node a',
    );
  });

  it('takes what the run was given for a node of which nothing is known', () => {
    const { run } = new Play(shapes.routes);
    const place = placeOf(shapes.routes, 'r' as NodeId);
    expect(inputOf({ ...run, nodes: {} }, 'r' as NodeId)).toEqual({ text: 'in' });
    expect(place && nextAfter({ nodes: {} }, place, 'go')).toMatchObject({
      next: 'open',
      opened: { nodes: [{ path: 'r/go/a', from: undefined }] },
    });
  });

  it('tells that an input is gone instead of going on without', () => {
    const play = new Play(shapes.chain);
    const { run } = play;
    const node = { ...play.node('a'), from: 'gone' };
    expect(() => inputOf({ ...run, nodes: { a: node } } as never, 'a' as NodeId)).toThrow('output of gone');
  });
});

describe('finished nodes', () => {
  const long = 'x'.repeat(400);

  it('leave once they are long, but not what goes into an open one', () => {
    const play = new Play(shapes.longChain);
    let held = play.claim('a');
    const left: string[][] = [];
    for (const _ of ['a', 'b', 'c']) {
      const { continues, leaving } = play.end(held, value(long));
      left.push(Object.keys(leaving));
      held = continues ?? held;
    }
    expect(left).toEqual([[], [], ['a', 'b']]);
    const few = new Play(shapes.longChain);
    few.end(few.claim('a'), value('1'));
    expect(few.run).not.toHaveProperty('hasHistory');
    expect(Object.keys(play.run.nodes)).toEqual(['c', 'd']);
    expect(play.run.hasHistory).toBe(true);
  });

  it('stay in a fork, where they are of another branch, an input or the end of one', () => {
    const play = new Play(shapes.branchOfThree);
    const x = play.claim('f/x/a');
    play.end(play.claim('f/y/d'), value(long.repeat(3)));
    const { leaving } = play.end(play.goOn(play.goOn(x, value(long.repeat(3))), value(long)), value('1'));
    expect(leaving).toEqual({});
    const { leaving: first } = play.end(play.claim('f/z/e'), value(long));
    expect(first).toEqual({});
    expect(Object.keys(play.run.nodes)).toContain('f/y/d');
  });
});

describe('a route', () => {
  it('hands its own input to the body', () => {
    const play = new Play(shapes.routes);
    const a = play.goOn(play.claim('r'), { status: 'succeeded', cached: false, decision: 'go' });
    expect(a.node).toBe('r/go/a');
    expect(inputOf(play.run, a.node)).toEqual({ text: 'in' });
    const b = play.goOn(a, value('1'));
    expect(b.node).toBe('b');
  });

  it('without a body hands it on to what follows', () => {
    const play = new Play(shapes.routes);
    const b = play.goOn(play.claim('r'), { status: 'succeeded', cached: false, decision: 'skip' });
    expect(b.node).toBe('b');
    expect(inputOf(play.run, b.node)).toEqual({ text: 'in' });
  });

  it('that is not there ends the run, naming those that are', () => {
    for (const decision of ['nowhere', undefined]) {
      const play = new Play(shapes.routes);
      const ending = { status: 'succeeded', cached: false, ...(decision && { decision }) } as const;
      expect(play.end(play.claim('r'), ending).status).toBe('failed');
      expect(play.run.phase).toBe('failed');
      expect(play.node('r')).toMatchObject({
        failure: { code: 'NoRoute', message: expect.stringContaining('it has go, skip') },
      });
    }
  });

  it('is the otherwise where no other fits', () => {
    const play = new Play(shapes.mixedFork);
    play.claim('f/x/l/a');
    play.end(play.claim('f/y/r'), { status: 'succeeded', cached: false, decision: 'else' });
    expect(play.node('f/y/r/~/d')).toMatchObject({ status: 'ready', notBefore: play.now + 60_000 });
  });
});

describe('a delay', () => {
  it('is a message that comes later, or for long ones none', () => {
    const play = new Play(shapes.pause);
    const { dispatches } = play.end(play.claim('a'), value('1'));
    expect(dispatches).toMatchObject([{ message: { node: 'pause' }, delayMs: 60_000 }]);
    const long = new Play(shapes.longPause);
    expect(long.run.at).toBe(long.now + 1_200_000);
    const quarter = { kind: 'delay', id: 'd', delayMs: 900_000 } as const;
    const longest = new Play({ ...shapes.chain, body: [...shapes.chain.body.slice(0, 1), quarter] });
    expect(longest.end(longest.claim('a'), value('1')).dispatches).toMatchObject([{ delayMs: 900_000 }]);
  });
});

describe('a loop', () => {
  it('goes round with its value, its body anew, and out with the last', () => {
    const play = new Play(shapes.longLoop);
    const b = play.goOn(play.claim('l/a'), value('1'));
    const again = play.goOn(b, value('2', 'again'));
    expect(again.node).toBe('l/a');
    expect(play.node('l')).toMatchObject({ status: 'waiting', iteration: 2, output: { text: '2' } });
    expect(play.node('l/b')).toBeUndefined();
    expect(inputOf(play.run, again.node)).toEqual({ text: '2' });
    // One more is not allowed, and this loop goes out with its last value then.
    play.end(play.goOn(again, value('3')), value('4', 'again'));
    expect(play.run).toMatchObject({ phase: 'succeeded', result: 'l/b' });
    expect(play.node('l')).toMatchObject({ status: 'succeeded', iteration: 2 });
    expect(play.node('l')).not.toHaveProperty('output');
  });

  it('goes on with what follows it', () => {
    const play = new Play(shapes.looped);
    expect(play.goOn(play.claim('l/a'), value('1', 'done')).node).toBe('b');
    expect(play.node('l')).toMatchObject({ status: 'succeeded', endedAt: play.now });
  });

  it('fails when it is not done in time, or without a decision', () => {
    const late = new Play(shapes.looped);
    late.end(late.goOn(late.claim('l/a'), value('1', 'again')), value('2', 'again'));
    expect(late.node('l/a')).toMatchObject({ status: 'failed', failure: { code: 'LoopExhausted' } });
    const mute = new Play(shapes.looped);
    mute.end(mute.claim('l/a'), value('1'));
    expect(mute.node('l/a')).toMatchObject({ status: 'failed', failure: { code: 'NoDecision' } });
  });

  it('that has lost its count is taken to be at its last iteration, then at its first', () => {
    const play = new Play(shapes.looped);
    const a = play.claim('l/a');
    const nodes = { 'l/a': play.node('l/a') } as never;
    const planned = commit({ ...play.run, nodes }, a, value('1', 'again'), play.options());
    expect(planned.status).toBe('failed');
  });
});

describe('places', () => {
  const at = (shape: Shape, path: string) => placeOf(shape, path as NodeId);

  it.each([
    ['x', shapes.chain],
    ['a/b', shapes.chain],
    ['f/z/a', shapes.forked],
    ['r/nowhere/a', shapes.routes],
    ['r/~/a', shapes.routes],
    ['f/x', shapes.forked],
  ])('%s is none', (path, shape) => expect(at(shape, path)).toBeUndefined());

  it('know the branch, the loop and the decision around them', () => {
    const inLoop = at(shapes.mixedFork, 'f/x/l/a');
    const routed = at(shapes.mixedFork, 'f/y/r/go/b');
    const first = at(shapes.longLoop, 'l/a');
    const outside = at(shapes.chain, 'a');
    if (!inLoop || !routed || !first || !outside) throw new Error('a place is missing');
    expect([inLoop, routed, outside].map(branchAround)).toEqual(['f/x', 'f/y', undefined]);
    expect([inLoop, routed, outside].map(loopAround)).toEqual(['f/x/l', undefined, undefined]);
    expect([inLoop, routed, first, outside].map(decides)).toEqual([true, false, false, false]);
    const last = at(shapes.routeInLoop, 'l/r/go/a');
    expect(last && decides(last)).toBe(true);
    expect(last && loopAround(last)).toBe('l');
  });

  it('an empty body has no beginning', () => {
    expect(() => openBody([], undefined, undefined)).toThrow('body of the workflow is empty');
    expect(() => openBody([], 'l' as NodeId, undefined)).toThrow('body of l is empty');
  });
});
