import { describe, expect, it } from 'vitest';
import type { NodeId, Nonce } from '../../../lib/model/ids.ts';
import type { Run } from '../../../lib/model/run.ts';
import { type ClaimCommand, claim, decideRefusedClaim } from '../../../lib/protocol/claim.ts';
import { inputOf } from '../../../lib/protocol/commit.ts';
import { requestCancel, requestPause } from '../../../lib/protocol/control.ts';
import type { Ending } from '../../../lib/protocol/end.ts';
import { timedOut } from '../../../lib/protocol/nodes/next.ts';
import { receiveSignal, timeOut } from '../../../lib/protocol/signal.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const minuteMs = 60_000;
const s = 's' as NodeId;
const graceful = { mode: 'graceful' } as const;
/** What the executor makes of a node whose signal has not come. */
const late: Ending = { status: 'succeeded', cached: false, decision: timedOut };

function commandFor({ now, run }: Play, node = s): ClaimCommand {
  return { key: run, node, hash: run.hash, nonce: 'me' as Nonce, worker: 'w', leaseUntil: now + minuteMs };
}

/** What a worker with a message for a node does after its refused claim. */
function refused(play: Play, node = s) {
  const command = commandFor(play, node);
  expect(applyTransition(play.run, claim(command, play.now, play.run.at))).toBeUndefined();
  return decideRefusedClaim(play.run, command, play.now, 1);
}

/** Makes a node ready because its time is over. */
function wake(play: Play, node = s) {
  const decided = refused(play, node);
  if (decided.decision !== 'wake') throw new Error(`the claim was answered with ${decided.decision}`);
  play.write(decided.transition);
  return decided.transition;
}

/** A run whose first signal has not come until a moment after its timeout. */
function overdue(shape = shapes.awaiting) {
  const play = new Play(shape);
  play.now += 2 * minuteMs;
  return play;
}

describe('a message for a node that waits', () => {
  it('waits for the end of the timeout', () => {
    const play = new Play(shapes.awaiting);
    play.now += minuteMs;
    expect(refused(play)).toEqual({ decision: 'defer', delayMs: minuteMs });
  });

  it('is of no use where there is no timeout', () => {
    const play = new Play(shapes.awaitingForEver);
    play.end(play.claim('a'), value('1'));
    expect(refused(play)).toEqual({ decision: 'drop', reason: 'Waiting' });
    const loop = new Play(shapes.looped);
    expect(refused(loop, 'l' as NodeId)).toEqual({ decision: 'drop', reason: 'Waiting' });
  });

  it('times the node out, after which it can be claimed', () => {
    const play = overdue();
    const { rev } = play.run;
    expect(wake(play).name).toBe('timeOut');
    expect(play.node('s')).toMatchObject({ status: 'ready', signal: { name: 's', timedOut: true } });
    expect(play.run.rev).toBe(rev + 1);
    expect(play.claim('s').epoch).toBe(1);
  });

  it('hands a signal over that lies beside the node, however late it is', () => {
    const play = overdue();
    play.run = { ...play.run, signals: [{ name: 's', id: 'one', payload: { text: '1' } }] };
    expect(wake(play).name).toBe('deliver');
    expect(play.node('s')).toMatchObject({ status: 'ready', signal: { id: 'one' } });
    expect(play.node('s')?.signal).not.toHaveProperty('timedOut');
  });

  it('is dropped while the run waits for others, or is paused', () => {
    const play = overdue();
    const waits: Run = { ...play.run, waitsFor: ['p' as Run['run']] };
    expect(decideRefusedClaim(waits, commandFor(play), play.now, 1)).toEqual({
      decision: 'drop',
      reason: 'Waiting',
    });
    play.write(requestPause(play.run, graceful, play.now));
    expect(refused(play)).toEqual({ decision: 'drop', reason: 'Paused' });
  });
});

describe('a look at a node that waits', () => {
  it('moves to the end of its timeout, and rings ahead of it', () => {
    const play = new Play(shapes.awaiting);
    play.run = { ...play.run, at: play.now };
    expect(play.look()?.dispatches).toEqual([]);
    expect(play.run.at).toBe(play.now + 2 * minuteMs);
    play.now += minuteMs;
    expect(play.look()?.dispatches).toMatchObject([{ message: { node: 's', hop: 0 }, delayMs: minuteMs }]);
  });

  it('rings again where the message was lost', () => {
    const play = overdue();
    play.now = play.run.at;
    expect(play.look()?.dispatches).toMatchObject([{ message: { node: 's' }, delayMs: 0 }]);
    wake(play);
    expect(play.node('s')?.status).toBe('ready');
  });
});

describe('a timeout', () => {
  it('is looked at soon: its executor may die before it has the lease', () => {
    const play = overdue();
    play.run = { ...play.run, at: play.now + 15 * minuteMs };
    wake(play);
    expect(play.run.at).toBe(play.now + minuteMs);
  });

  it('comes too late where the signal came first', () => {
    const play = overdue();
    const write = timeOut(play.run, s, play.now);
    play.signal('s', 'one');
    expect(refusedBy(play.run, write)).toEqual(['timeOut.waiting', 'timeOut.rev']);
    const kept = overdue();
    const seen = timeOut(kept.run, s, kept.now);
    kept.signal('t', 'other');
    expect(refusedBy(kept.run, seen)).toEqual(['timeOut.rev']);
  });

  it('is refused before its time, and in a run that is not as it was seen', () => {
    const play = overdue();
    const write = timeOut(play.run, s, play.now);
    expect(refusedBy(play.run, write)).toEqual([]);
    expect(refusedBy({ ...play.run, schema: 2 }, write)).toEqual(['timeOut.schema']);
    expect(refusedBy({ ...play.run, phase: 'paused' }, write)).toEqual(['timeOut.active']);
    expect(refusedBy({ ...play.run, at: play.now + minuteMs + 1 }, write)).toEqual(['timeOut.lookInTime']);
    expect(refusedBy(play.run, timeOut(play.run, s, play.now - 1))).toEqual(['timeOut.due']);
    for (const ask of [requestCancel, requestPause]) {
      const asked = applyTransition(play.run, ask(play.run, graceful, play.now));
      expect(asked && refusedBy(asked, write)).toEqual(['timeOut.noControl', 'timeOut.rev']);
    }
  });

  it('leaves what comes after it to be kept', () => {
    const play = overdue();
    wake(play);
    expect(play.signal('s', 'one')).toEqual([]);
    expect(play.run.signals).toHaveLength(1);
    expect(receiveSignal(play.run, { name: 's', id: 'one', payload: { text: '' } }, play.now).received).toBe(
      'again',
    );
  });
});

describe('a node whose signal did not come in time', () => {
  it('fails the run where there is no other way', () => {
    const play = overdue();
    wake(play);
    const { status } = play.end(play.claim('s'), late);
    expect(status).toBe('failed');
    expect(play.node('s')).toMatchObject({
      status: 'failed',
      failure: { code: 'SignalTimeout', message: 's was not signalled in time', attempt: 1 },
    });
    expect(play.run).toMatchObject({ phase: 'failed', result: 's' });
  });

  it('goes the other way with what went into it', () => {
    const play = new Play(shapes.awaitingOrElse);
    play.end(play.claim('a'), value('1'));
    play.now += 2 * minuteMs;
    wake(play);
    const other = play.goOn(play.claim('s'), late);
    expect(other.node).toBe('s/~/late');
    expect(inputOf(play.run, other.node)).toEqual({ text: '1' });
    expect(play.node('s')).toMatchObject({ status: 'succeeded', decision: 'timeout' });
    const b = play.goOn(other, value('2'));
    expect([b.node, inputOf(play.run, b.node)]).toEqual(['b', { text: '2' }]);
  });

  it('hands on what went into it where the other way is empty', () => {
    const play = overdue(shapes.awaitingOrNot);
    wake(play);
    const b = play.goOn(play.claim('s'), late);
    expect([b.node, inputOf(play.run, b.node)]).toEqual(['b', { text: 'in' }]);
  });

  it('ends its branch there', () => {
    const play = overdue(shapes.awaitingInBranch);
    wake(play, 'f/x/s' as NodeId);
    play.end(play.claim('f/x/s'), late);
    expect(play.node('f/x/s')).toMatchObject({ ends: { branch: 'x' }, output: { text: 'in' } });
    expect(play.goOn(play.claim('f/y/b'), value('2')).node).toBe('f');
  });

  it('goes on within its loop', () => {
    const play = overdue(shapes.awaitingInLoop);
    wake(play, 'l/s' as NodeId);
    const a = play.goOn(play.claim('l/s'), late);
    expect(a.node).toBe('l/a');
    play.end(a, value('2', 'again'));
    expect(play.node('l/s')).toMatchObject({ status: 'waiting', signal: { until: play.now + 2 * minuteMs } });
    expect(play.node('l/s')?.signal).not.toHaveProperty('timedOut');
  });

  it('hands an edited input on instead', () => {
    const play = overdue(shapes.awaitingOrElse);
    play.run = {
      ...play.run,
      nodes: {
        [s]: {
          status: 'waiting',
          epoch: 0,
          attempt: 0,
          attemptsMax: 3,
          notBefore: 1,
          input: { text: 'edited' },
          signal: { name: 's', until: play.now },
        },
      },
    };
    wake(play);
    const other = play.goOn(play.claim('s'), late);
    expect(inputOf(play.run, other.node)).toEqual({ text: 'edited' });
  });

  it('that did come goes on with what was made of it', () => {
    const play = new Play(shapes.awaitingOrElse);
    const held = play.claim('a');
    play.signal('s', 'one');
    const b = play.goOn(play.goOn(held, value('1')), value('merged'));
    expect([b.node, inputOf(play.run, b.node)]).toEqual(['b', { text: 'merged' }]);
  });
});
