import { describe, expect, it } from 'vitest';
import type { NodeId } from '../../../lib/model/ids.ts';
import type { Run, StoredSignal } from '../../../lib/model/run.ts';
import { commit } from '../../../lib/protocol/commit.ts';
import { requestCancel, requestPause } from '../../../lib/protocol/control.ts';
import { awaitingNodes, deliver, receiveSignal } from '../../../lib/protocol/signal.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const minuteMs = 60_000;
const graceful = { mode: 'graceful' } as const;
const stored = (id: string, name = 's'): StoredSignal => ({ name, id, payload: { text: id } });

function received(run: Run, id: string, now: number, name = 's') {
  const came = receiveSignal(run, stored(id, name), now);
  if (came.received !== 'write') throw new Error(`the signal was ${came.received}`);
  return came;
}

function delivery(play: Play) {
  const handed = deliver(play.run, play.now);
  if (!handed) throw new Error('nothing is handed over');
  return handed;
}

/** A signal that was kept just before a branch came to wait for it, without a change of `rev`. */
function beside(play = new Play(shapes.awaitingLaterInBranch)) {
  const a = play.claim('f/x/a');
  const seen = play.run;
  play.end(a, value('1'), {}, seen);
  play.write(received(seen, 'one', play.now).transition);
  return play;
}

describe('a node that waits for a signal', () => {
  it('is opened waiting, and rung for when its timeout is over', () => {
    const play = new Play(shapes.awaitingOrElse);
    const { continues, dispatches } = play.end(play.claim('a'), value('1'));
    expect(continues).toBeUndefined();
    expect(play.node('s')).toEqual({
      status: 'waiting',
      from: 'a',
      epoch: 1,
      attempt: 0,
      attemptsMax: 3,
      notBefore: play.now,
      signal: { name: 's', until: play.now + 2 * minuteMs },
    });
    expect(dispatches).toMatchObject([{ message: { node: 's' }, delayMs: 2 * minuteMs }]);
    expect(play.run.at).toBeLessThanOrEqual(play.now + 3 * minuteMs);
  });

  it('without a timeout is rung for by nobody, and looked at once a day', () => {
    const play = new Play(shapes.awaitingForEver);
    const a = play.claim('a');
    const { at } = play.run;
    const { dispatches } = play.end(a, value('1'));
    expect([dispatches, play.run.at]).toEqual([[], at]);
    expect(play.node('s')).toMatchObject({ status: 'waiting', signal: { name: 's' } });
    play.now = play.run.at;
    expect(play.look()?.dispatches).toEqual([]);
    expect(play.run.at).toBe(play.now + 86_400_000);
  });

  it('is looked at when its timeout is over where no message can be sent for so long', () => {
    const long = { kind: 'signal', id: 's', signal: 's', timeoutMs: 16 * minuteMs } as const;
    const play = new Play({ kind: 'workflow', name: 'w', body: [long] });
    expect(play.run.at).toBe(play.now + 16 * minuteMs);
  });

  it('begins to wait when its run may begin', () => {
    const play = new Play(shapes.awaiting, {}, { delayMs: 10 * minuteMs });
    expect(play.node('s')).toMatchObject({
      notBefore: play.now + 10 * minuteMs,
      signal: { until: play.now + 12 * minuteMs },
    });
    expect(play.signal('s', 'early')).toEqual(['s']);
    expect(play.node('s')).toMatchObject({ status: 'ready', notBefore: play.now + 10 * minuteMs });
  });

  it('is told from loops and from nodes that wait for a child', () => {
    expect(awaitingNodes(new Play(shapes.parent).run)).toEqual([]);
    const play = new Play(shapes.awaitingInLoop);
    expect(awaitingNodes(play.run).map(({ path }) => path)).toEqual(['l/s']);
  });
});

describe('a signal', () => {
  it('goes to the node that waits for it, which is ready and rung', () => {
    const play = new Play(shapes.awaiting);
    play.now += 1_000;
    const { rev } = play.run;
    expect(play.signal('s', 'one')).toEqual(['s']);
    expect(play.node('s')).toMatchObject({
      status: 'ready',
      signal: { name: 's', id: 'one', payload: { text: 'one' } },
    });
    expect(play.run).toMatchObject({ rev: rev + 1, signalIds: ['one'], at: play.now + minuteMs });
    expect(play.run).not.toHaveProperty('signals');
    expect(play.goOn(play.claim('s'), value('one')).node).toBe('b');
  });

  it('is kept for a node that is still to come, and taken by that', () => {
    const play = new Play(shapes.awaitingOrElse);
    play.now += 1_000;
    expect(play.signal('s', 'one')).toEqual([]);
    expect(play.run).toMatchObject({ signals: [stored('one')], signalIds: ['one'], at: play.now, rev: 1 });
    const held = play.goOn(play.claim('a'), value('1'));
    expect(held.node).toBe('s');
    expect(play.node('s')).toMatchObject({
      status: 'running',
      signal: { id: 'one', payload: { text: 'one' } },
    });
    expect(play.run).not.toHaveProperty('signals');
  });

  it('that nobody waits for by this name is left for others, the oldest comes first', () => {
    const play = new Play(shapes.awaitingOrElse);
    for (const [name, id] of [
      ['t', 'other'],
      ['s', 'first'],
      ['s', 'second'],
    ] as const)
      play.signal(name, id);
    play.end(play.claim('a'), value('1'), { inline: undefined });
    expect(play.node('s')).toMatchObject({ status: 'ready', signal: { id: 'first' } });
    expect(play.run.signals).toEqual([stored('other', 't'), stored('second')]);
  });

  it('goes to one node only, in the order of their paths', () => {
    const wait = (id: string) => ({ kind: 'signal', id, signal: 's' }) as const;
    const branches = ['y', 'x', 'z'].map((name) => ({ name, body: [wait('s')] }));
    const join = { kind: 'map', id: 'f' } as const;
    const body = [{ kind: 'fork', id: 'f', branches, join }] as const;
    const play = new Play({ kind: 'workflow', name: 'w', body });
    expect(play.signal('s', 'one')).toEqual(['f/x/s']);
    expect([play.node('f/y/s')?.status, play.node('f/z/s')?.status]).toEqual(['waiting', 'waiting']);
    expect(play.signal('s', 'two')).toEqual(['f/y/s']);
    expect(play.signal('s', 'three')).toEqual(['f/z/s']);
    expect(play.signal('s', 'four')).toEqual([]);
  });

  it('is not taken again by the next node that waits for its name', () => {
    const play = new Play(shapes.awaitingTwice);
    play.signal('s', 'one');
    play.end(play.claim('s'), value('1'));
    expect(play.node('t')).toMatchObject({ status: 'waiting' });
    expect(play.signal('s', 'two')).toEqual(['t']);
  });

  it('counts once, however often it is sent', () => {
    const play = new Play(shapes.awaitingOrElse);
    play.signal('s', 'one');
    expect(receiveSignal(play.run, stored('one', 't'), play.now)).toEqual({ received: 'again' });
    play.end(play.claim('a'), value('1'));
    expect(receiveSignal(play.run, stored('one'), play.now)).toEqual({ received: 'again' });
  });

  it('is remembered by the ids of the last 64', () => {
    const play = new Play(shapes.awaitingOrElse);
    const ids = Array.from({ length: 64 }, (_, index) => `id-${index}`);
    play.run = { ...play.run, signalIds: ids };
    play.signal('s', 'one');
    expect(play.run.signalIds).toEqual([...ids.slice(1), 'one']);
  });

  it('is refused where 64 are kept already, unless a node waits for it', () => {
    const kept = Array.from({ length: 64 }, (_, index) => stored(`id-${index}`, 't'));
    const play = new Play(shapes.awaitingOrElse);
    const almost = { ...play.run, signals: kept.slice(1) };
    expect(receiveSignal(almost, stored('one'), play.now).received).toBe('write');
    const full = { ...play.run, signals: kept };
    expect(receiveSignal(full, stored('one'), play.now)).toEqual({
      received: 'refused',
      because: 'SignalsFull',
    });
    const waits = new Play(shapes.awaiting);
    waits.run = { ...waits.run, signals: kept };
    expect(waits.signal('s', 'one')).toEqual(['s']);
    expect(waits.run.signals).toEqual(kept);
  });

  it.each([
    ['is not there', undefined, 'NotFound'],
    ['has ended', { phase: 'succeeded' }, 'AlreadyFinished'],
    ['ends', { phase: 'ending' }, 'AlreadyFinished'],
    ['is being cancelled', { control: { kind: 'cancel', ...graceful, since: 1 } }, 'AlreadyCancelled'],
  ] as const)('is refused by a run that %s', (_, over, because) => {
    const { run } = new Play(shapes.awaiting);
    expect(receiveSignal(over && { ...run, ...over }, stored('one'), 1)).toEqual({
      received: 'refused',
      because,
    });
  });

  it('is taken while a run is about to be paused, without a doorbell', () => {
    const play = new Play(shapes.awaiting);
    play.write(requestPause(play.run, graceful, play.now));
    expect(play.signal('s', 'one')).toEqual([]);
    expect(play.node('s')?.status).toBe('ready');
    expect(play.run.at).toBe(play.now);
  });

  it('is taken and kept by a paused run, which stays where it is', () => {
    const play = new Play(shapes.awaiting);
    play.run = { ...play.run, phase: 'paused', at: 1 };
    expect(play.signal('t', 'other')).toEqual([]);
    expect(play.signal('s', 'one')).toEqual([]);
    expect(play.node('s')?.status).toBe('ready');
    expect(play.run).toMatchObject({ phase: 'paused', at: 1, signals: [stored('other', 't')] });
  });

  it('is decided on again where the run is not as it was seen', () => {
    const waits = new Play(shapes.awaiting);
    const kept = new Play(shapes.awaitingOrElse);
    for (const { now, run } of [waits, kept]) {
      const { transition } = received(run, 'one', now);
      expect(refusedBy(run, transition)).toEqual([]);
      expect(refusedBy({ ...run, schema: 2 }, transition)).toEqual(['signal.schema']);
      expect(refusedBy({ ...run, phase: 'paused' }, transition)).toEqual(['signal.active']);
      expect(refusedBy({ ...run, rev: 9 }, transition)).toEqual(['signal.rev']);
    }
    const { transition } = received({ ...waits.run, at: waits.now }, 'one', waits.now);
    expect(refusedBy(waits.run, transition)).toEqual(['signal.lookInTime']);
  });
});

describe('a signal and a branch that comes to wait for it', () => {
  it('first the signal: the branch is refused, and takes it', () => {
    const play = new Play(shapes.awaitingLaterInBranch);
    const a = play.claim('f/x/a');
    const planned = commit(play.run, a, value('1'), play.options());
    expect(planned.transition.name).toBe('pathCommit');
    play.signal('s', 'one');
    expect(refusedBy(play.run, planned.transition)).toEqual(['pathCommit.rev']);
    const { rev } = play.run;
    play.end(a, value('1'));
    expect(play.node('f/x/s')).toMatchObject({ status: 'running', signal: { id: 'one' } });
    // Another who saw the signal must not hand it on, too.
    expect(play.run.rev).toBe(rev + 1);
  });

  it('first the branch: the signal is kept beside it, and handed over by whoever sees it', () => {
    const play = beside();
    expect(play.node('f/x/s')?.status).toBe('waiting');
    expect(play.run).toMatchObject({ signals: [stored('one')], at: play.now });
    expect(play.look()?.dispatches).toMatchObject([{ message: { node: 'f/x/s' }, delayMs: 0 }]);
    expect(play.node('f/x/s')).toMatchObject({ status: 'ready', signal: { id: 'one' } });
    expect(play.run).not.toHaveProperty('signals');
    expect(deliver(play.run, play.now)).toBeUndefined();
  });

  it('is handed over with the next one, in order', () => {
    const play = beside();
    expect(play.signal('s', 'two')).toEqual(['f/x/s']);
    expect(play.node('f/x/s')).toMatchObject({ signal: { id: 'one' } });
    expect(play.run).toMatchObject({ signals: [stored('two')], signalIds: ['one', 'two'] });
  });

  it('is handed over once, and only in the run that was seen', () => {
    const play = beside();
    const { transition } = delivery(play);
    expect(refusedBy(play.run, transition)).toEqual([]);
    expect(refusedBy({ ...play.run, schema: 2 }, transition)).toEqual(['deliver.schema']);
    expect(refusedBy({ ...play.run, phase: 'cancelled' }, transition)).toEqual(['deliver.active']);
    expect(refusedBy({ ...play.run, at: play.now + minuteMs + 1 }, transition)).toEqual([
      'deliver.lookInTime',
    ]);
    play.write(transition);
    expect(applyTransition(play.run, transition)).toBeUndefined();
    expect(refusedBy(play.run, transition)).toEqual(['deliver.rev']);
  });

  it('is left alone by those who would hand over once its run has ended, whatever is kept beside it', () => {
    const play = beside();
    for (const phase of ['ending', 'failed', 'cancelled', 'skipped'] as const)
      expect(deliver({ ...play.run, phase }, play.now)).toBeUndefined();
  });

  it('stays in the fork where nobody waits', () => {
    const play = new Play(shapes.awaitingInBranch);
    expect(play.signal('s', 'one')).toEqual(['f/x/s']);
    expect(play.signal('s', 'two')).toEqual([]);
    play.end(play.claim('f/x/s'), value('one'));
    expect(play.run.signals).toEqual([stored('two')]);
    expect(play.node('f/x/s')).toMatchObject({ ends: { fork: 'f', branch: 'x' } });
  });
});

it('a run that is cancelled hands no signal over', () => {
  const play = beside();
  play.write(requestCancel(play.run, graceful, play.now));
  const held = play.node('f/y/b' as NodeId);
  expect(held?.status).toBe('ready');
  play.look();
  expect(play.run.phase).toBe('cancelled');
  expect(play.node('f/x/s')).toMatchObject({ status: 'cancelled' });
});
