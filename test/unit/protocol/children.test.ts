import { describe, expect, it } from 'vitest';
import type { NodeId, Nonce, RunId } from '../../../lib/model/ids.ts';
import type { Run } from '../../../lib/model/run.ts';
import { awaitChild, type ChildEnd, notifyParent } from '../../../lib/protocol/child.ts';
import { inputOf } from '../../../lib/protocol/commit.ts';
import { requestCancel, requestPause } from '../../../lib/protocol/control.ts';
import { readRefusedWrite } from '../../../lib/protocol/refused-write.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const c = 'c' as NodeId;
const graceful = { mode: 'graceful' } as const;
const failure = { type: 'Error', message: 'no', attempt: 1 };
const failed = { status: 'failed', failure } as const;
const succeeded: ChildEnd = { status: 'succeeded', output: { text: 'out' } };

function notify(play: Play, end: ChildEnd, path = c, run: Run | undefined = play.run) {
  const id = play.node(path)?.child?.run ?? ('child-1' as RunId);
  return notifyParent(run, { node: path, child: id, end }, play.now);
}

/** A holder has started the child, and let go of the node. */
function waiting(plans = {}) {
  const play = new Play(shapes.parent, plans);
  play.startChild('c');
  return play;
}

describe('a node that stands for a run', () => {
  it('has the name of that run from when it is opened', () => {
    const play = new Play(shapes.parentLater);
    expect(play.node('c')).toBeUndefined();
    play.end(play.claim('a'), value('1'));
    expect(play.node('c')).toMatchObject({ status: 'running', from: 'a', child: { run: 'child-1' } });
    expect(new Play(shapes.parent).node('c')).toMatchObject({ status: 'ready', child: { run: 'child-1' } });
  });

  it('has another name in each iteration of a loop', () => {
    const play = new Play(shapes.childInLoop);
    const first = play.node('l/c')?.child?.run;
    play.write(play.childEnds('l/c', succeeded).transition);
    const a = play.goOn(play.claim('l/c'), value('1'));
    play.end(a, value('2', 'again'));
    expect(play.node('l/c')).toMatchObject({ status: 'running', child: { run: 'child-2' } });
    expect(play.node('l/c')?.child).not.toHaveProperty('status');
    expect(first).toBe('child-1');
  });

  it('waits without a lease, and the attempt that started it does not count', () => {
    const play = waiting();
    expect(play.node('c')).toMatchObject({ status: 'waiting', attempt: 0, epoch: 1 });
    expect(play.node('c')).not.toHaveProperty('lease');
    expect(readRefusedWrite(play.run, { node: c, epoch: 1, nonce: 'n' as Nonce }, 'waiting').now).toBe(
      'done',
    );
  });

  it('can be gone on with after its only attempt', () => {
    const play = waiting({ c: { attemptsMax: 1 } });
    const { dispatches, transition } = play.childEnds('c', succeeded);
    play.write(transition);
    expect(dispatches).toMatchObject([{ message: { node: 'c' }, delayMs: 0 }]);
    const b = play.goOn(play.claim('c'), value('out'));
    expect(inputOf(play.run, b.node)).toEqual({ text: 'out' });
  });

  it('is let go of only by its holder, and only while the child goes on', () => {
    const play = new Play(shapes.parent);
    const held = play.claim('c');
    const write = awaitChild(play.run, held);
    const change = (over: object): Run => ({
      ...play.run,
      nodes: { [c]: { ...play.node('c'), ...over } as never },
    });
    const ended = change({ child: { run: 'child-1', status: 'succeeded' } });
    expect(refusedBy(play.run, write)).toEqual([]);
    expect(refusedBy({ ...play.run, schema: 2 }, write)).toEqual(['await.schema']);
    expect(refusedBy({ ...play.run, phase: 'ending' }, write)).toEqual(['await.active']);
    expect(refusedBy(change({ status: 'ready' }), write)).toEqual(['await.leased']);
    expect(refusedBy(change({ epoch: 2 }), write)).toEqual(['await.epoch']);
    expect(refusedBy(change({ lease: { nonce: 'other' } }), write)).toEqual(['await.nonce']);
    expect(refusedBy(ended, write)).toEqual(['await.unended']);
  });
});

describe('the end of a child', () => {
  it('is told to a node that waits: it is ready, and rung', () => {
    const play = waiting();
    const { dispatches, transition } = play.childEnds('c', succeeded);
    const { rev } = play.run;
    play.write(transition);
    expect(play.node('c')).toMatchObject({ status: 'ready', child: { run: 'child-1', ...succeeded } });
    expect(play.run).toMatchObject({ rev: rev + 1 });
    expect(play.run.at).toBeLessThanOrEqual(play.now + 60_000);
    expect(dispatches).toMatchObject([{ message: { node: 'c', hop: 0 }, delayMs: 0 }]);
  });

  it('brings the look forward, where it was planned for when nothing would be told', () => {
    const play = waiting();
    play.now = play.run.at;
    play.look();
    expect(play.run.at).toBe(play.now + 86_400_000);
    play.write(play.childEnds('c', succeeded).transition);
    expect(play.run.at).toBe(play.now + 60_000);
  });

  it('is told with its failure', () => {
    const play = waiting();
    play.write(play.childEnds('c', failed).transition);
    expect(play.node('c')?.child).toEqual({ run: 'child-1', status: 'failed', failure });
  });

  it('that comes before its starter lets go of the node leaves the node to its holder', () => {
    const play = new Play(shapes.parent);
    const held = play.claim('c');
    const late = awaitChild(play.run, held);
    const { dispatches, transition } = play.childEnds('c', succeeded);
    play.write(transition);
    expect(dispatches).toEqual([]);
    expect(play.node('c')).toMatchObject({ status: 'running', child: { status: 'succeeded' } });
    expect(applyTransition(play.run, late)).toBeUndefined();
    expect(play.goOn(held, value('out')).node).toBe('b');
  });

  it('is told once, to the node that waits for this child, in a run that goes on', () => {
    const play = waiting();
    const first = play.childEnds('c', succeeded);
    expect(notifyParent(undefined, { node: c, child: 'child-1' as RunId, end: succeeded }, 1).notified).toBe(
      true,
    );
    expect(notify(play, succeeded, 'b' as NodeId).notified).toBe(true);
    const other = { node: c, child: 'another' as RunId, end: succeeded };
    expect(notifyParent(play.run, other, play.now).notified).toBe(true);
    for (const phase of ['ending', 'failed', 'cancelled'] as const)
      expect(notify(play, succeeded, c, { ...play.run, phase }).notified).toBe(true);
    play.write(first.transition);
    expect(notify(play, succeeded).notified).toBe(true);
    play.end(play.claim('c'), value('out'));
    expect(notify(play, succeeded).notified).toBe(true);
  });

  it('is refused where the node is not as it was seen', () => {
    const play = waiting();
    const { transition } = play.childEnds('c', succeeded);
    const at = (over: object): Run => ({
      ...play.run,
      nodes: { [c]: { ...play.node('c'), ...over } as never },
    });
    expect(refusedBy(play.run, transition)).toEqual([]);
    expect(refusedBy({ ...play.run, schema: 2 }, transition)).toEqual(['notify.schema']);
    expect(refusedBy({ ...play.run, phase: 'paused' }, transition)).toEqual(['notify.active']);
    expect(refusedBy(at({ status: 'running' }), transition)).toEqual(['notify.status']);
    expect(refusedBy(at({ child: { run: 'child-2' } }), transition)).toEqual(['notify.child']);
    const again = at({ child: { run: 'child-1', status: 'failed' } });
    expect(refusedBy(again, transition)).toEqual(['notify.unended']);
    expect(refusedBy({ ...play.run, at: play.now + 60_001 }, transition)).toEqual(['notify.lookInTime']);
    const paused = applyTransition(play.run, requestPause(play.run, graceful, play.now));
    expect(paused && refusedBy(paused, transition)).toEqual(['notify.control']);
  });

  it('rings for nothing while the run is about to be paused, cancelled, or is paused', () => {
    for (const ask of [requestPause, requestCancel]) {
      const play = waiting();
      play.write(ask(play.run, graceful, play.now));
      play.run = { ...play.run, at: play.now + 900_000 };
      const { dispatches, transition } = play.childEnds('c', succeeded);
      expect(dispatches).toEqual([]);
      play.write(transition);
      expect(play.node('c')?.status).toBe('ready');
      expect(play.run.at).toBe(play.now);
      const { control: _, ...resumed } = play.run;
      expect(refusedBy(resumed, transition)).toContain('notify.control');
    }
    const paused = waiting();
    paused.run = { ...paused.run, phase: 'paused', at: 1 };
    const { dispatches, transition } = paused.childEnds('c', succeeded);
    expect(dispatches).toEqual([]);
    paused.write(transition);
    expect(paused.run).toMatchObject({ phase: 'paused', at: 1 });
    expect(paused.node('c')?.status).toBe('ready');
  });
});
