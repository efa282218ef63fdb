import { describe, expect, it } from 'vitest';
import type { ElementShape, ForkShape, Sequence, Shape } from '../../../lib/model/definition.ts';
import type { DefinitionHash, NodeId, Nonce, RunId } from '../../../lib/model/ids.ts';
import type { Run } from '../../../lib/model/run.ts';
import { finaliseCancel, tombstone } from '../../../lib/protocol/cancel.ts';
import { awaitChild, type ChildEnd, notifyParent } from '../../../lib/protocol/child.ts';
import { claim, decideRefusedClaim } from '../../../lib/protocol/claim.ts';
import { commit, inputOf } from '../../../lib/protocol/commit.ts';
import { requestCancel, requestPause } from '../../../lib/protocol/control.ts';
import { exhaust } from '../../../lib/protocol/exhaust.ts';
import { dutiesOf } from '../../../lib/protocol/leave.ts';
import { hasChildren } from '../../../lib/protocol/quiet.ts';
import { readRefusedWrite } from '../../../lib/protocol/refused-write.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const c = 'c' as NodeId;
const graceful = { mode: 'graceful' } as const;
const failure = { type: 'Error', message: 'no', attempt: 1 };
const failed = { status: 'failed', failure } as const;
const succeeded: ChildEnd = { status: 'succeeded', output: { text: 'out' } };

const step = (id: string): ElementShape => ({ kind: 'step', id, task: 't' });
const child: ElementShape = { kind: 'child', id: 'c', workflow: 'other', hash: 'other' as DefinitionHash };
const fork = (branches: Readonly<Record<string, Sequence>>): ForkShape => ({
  kind: 'fork',
  id: 'f',
  branches: Object.entries(branches).map(([name, body]) => ({ name, body })),
  join: { kind: 'map', id: 'f' },
});
const laterInBranch: Shape = {
  kind: 'workflow',
  name: 'w',
  body: [fork({ x: [step('a'), child], y: [step('b')] })],
};

/** The child has ended: its node is told. */
function notify(play: Play, end: ChildEnd, path = c, run: Run | undefined = play.run) {
  const id = play.node(path)?.child?.run ?? ('child-1' as RunId);
  return notifyParent(run, { node: path, child: id, end }, play.now);
}

function told(play: Play, end: ChildEnd, path = c) {
  const notified = notify(play, end, path);
  if (notified.notified) throw new Error('there is nothing to tell');
  return notified;
}

/** A holder has started the child, and let go of the node. */
function waiting(plans = {}) {
  const play = new Play(shapes.parent, plans);
  play.write(awaitChild(play.run, play.claim('c')));
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
    play.write(told(play, succeeded, 'l/c' as NodeId).transition);
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
    const { dispatches, transition } = told(play, succeeded);
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
    const { dispatches, transition } = told(play, succeeded);
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
    play.write(told(play, succeeded).transition);
    expect(play.run.at).toBe(play.now + 60_000);
  });

  it('is told with its failure', () => {
    const play = waiting();
    play.write(told(play, failed).transition);
    expect(play.node('c')?.child).toEqual({ run: 'child-1', status: 'failed', failure });
  });

  it('that comes before its starter lets go of the node leaves the node to its holder', () => {
    const play = new Play(shapes.parent);
    const held = play.claim('c');
    const late = awaitChild(play.run, held);
    const { dispatches, transition } = told(play, succeeded);
    play.write(transition);
    expect(dispatches).toEqual([]);
    expect(play.node('c')).toMatchObject({ status: 'running', child: { status: 'succeeded' } });
    expect(applyTransition(play.run, late)).toBeUndefined();
    expect(play.goOn(held, value('out')).node).toBe('b');
  });

  it('is told once, to the node that waits for this child, in a run that goes on', () => {
    const play = waiting();
    const first = told(play, succeeded);
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
    const { transition } = told(play, succeeded);
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
      const { dispatches, transition } = told(play, succeeded);
      expect(dispatches).toEqual([]);
      play.write(transition);
      expect(play.node('c')?.status).toBe('ready');
      expect(play.run.at).toBe(play.now);
      const { control: _, ...resumed } = play.run;
      expect(refusedBy(resumed, transition)).toContain('notify.control');
    }
    const paused = waiting();
    paused.run = { ...paused.run, phase: 'paused', at: 1 };
    const { dispatches, transition } = told(paused, succeeded);
    expect(dispatches).toEqual([]);
    paused.write(transition);
    expect(paused.run).toMatchObject({ phase: 'paused', at: 1 });
    expect(paused.node('c')?.status).toBe('ready');
  });
});

describe('a run that ends while a child lives', () => {
  it('owes the child its end when it fails, whoever fails it', () => {
    const branch = new Play(shapes.childInBranch);
    branch.write(awaitChild(branch.run, branch.claim('f/x/c')));
    branch.end(branch.claim('f/y/b'), failed);
    expect(branch.run).toMatchObject({ phase: 'ending', ended: 'failed', result: 'f/y/b' });
    expect(dutiesOf(branch.run)).toEqual({ release: [], notify: undefined, cancel: ['child-1'] });
    const own = new Play(shapes.parent);
    own.end(own.claim('c'), failed);
    expect(dutiesOf(own.run).cancel).toEqual(['child-1']);
  });

  it('owes it, too, where it was given up with its starter', () => {
    const play = new Play(shapes.parent, { c: { attemptsMax: 1 } });
    play.claim('c');
    const node = play.node('c');
    if (node?.status !== 'running') throw new Error('the node must be leased');
    play.now = node.lease.until + 5_001;
    play.write(exhaust(play.run, c, node, play.now, 1));
    expect(play.run).toMatchObject({ phase: 'ending', ended: 'failed' });
    expect(play.run).not.toHaveProperty('expires');
    expect(dutiesOf(play.run).cancel).toEqual(['child-1']);
  });

  it('owes nothing to one that has ended', () => {
    const play = waiting();
    play.write(told(play, failed).transition);
    play.end(play.claim('c'), failed);
    expect(play.run).toMatchObject({ phase: 'failed', expires: 1 });
  });

  it('knows of a child that another branch has come to since', () => {
    const play = new Play(laterInBranch);
    const a = play.claim('f/x/a');
    const b = play.claim('f/y/b');
    const seen = play.run;
    const { transition } = play.end(a, value('1'), {}, seen);
    expect(transition.name).toBe('pathCommit');
    expect(play.node('f/x/c')).toMatchObject({ status: 'running', child: { run: 'child-1' } });
    const late = commit(seen, b, failed, play.options());
    expect(refusedBy(play.run, late.transition)).toEqual(['commit.rev']);
    play.end(b, failed);
    expect(dutiesOf(play.run).cancel).toEqual(['child-1']);
  });
});

describe('a run that is cancelled while a child lives', () => {
  function cancelled() {
    const play = new Play(shapes.parent);
    const held = play.claim('c');
    play.write(requestCancel(play.run, graceful, play.now));
    return { held, play };
  }

  it.each([
    ['stops', { status: 'cancelled' }],
    ['fails', failed],
  ] as const)('waits for it when its starter %s', (_, ending) => {
    const { held, play } = cancelled();
    const { status } = play.end(held, ending);
    expect(status).toBe('waiting');
    expect(play.node('c')?.status).toBe('waiting');
    expect(hasChildren(play.run)).toBe(true);
    expect(play.look()?.relations).toBe('endChildren');
    expect(play.run.phase).toBe('active');
  });

  it('is told of the end and ends itself', () => {
    const { held, play } = cancelled();
    play.end(held, { status: 'cancelled' });
    play.write(told(play, { status: 'cancelled' }).transition);
    expect(play.run.at).toBeLessThanOrEqual(play.now);
    expect(hasChildren(play.run)).toBe(false);
    play.look();
    expect(play.run).toMatchObject({ phase: 'cancelled', nodes: { c: { status: 'cancelled' } } });
  });

  it('is ended by the holder that finds its child ended', () => {
    const { held, play } = cancelled();
    play.write(told(play, { status: 'cancelled' }).transition);
    expect(play.end(held, { status: 'cancelled' }).status).toBe('cancelled');
    expect(play.run.phase).toBe('cancelled');
  });

  it('leaves the end to others while a child lives in another branch', () => {
    const play = new Play(shapes.childInBranch);
    play.write(awaitChild(play.run, play.claim('f/x/c')));
    const b = play.claim('f/y/b');
    play.write(requestCancel(play.run, graceful, play.now));
    expect(play.end(b, value('1')).transition.name).toBe('pathCommit');
    expect(play.run.phase).toBe('active');
  });

  it('looks again later whether its children have ended', () => {
    const { play } = cancelled();
    expect(play.look()).toMatchObject({ relations: 'endChildren', dispatches: [] });
    expect(play.run).toMatchObject({ at: play.now + 60_000, looks: 1 });
    expect(play.look()).toBeUndefined();
  });
});

describe('a look at a run that waits for children', () => {
  it('asks once a day whether they are still there', () => {
    const play = waiting();
    expect(play.look()).toBeUndefined();
    play.now = play.run.at;
    expect(play.look()).toMatchObject({ relations: 'checkChildren', dispatches: [] });
    expect(play.run).toMatchObject({ at: play.now + 86_400_000, looks: 0 });
  });
});

describe('a tombstone', () => {
  const asked = { mode: 'abort', by: 'ann' } as const;

  it('is a cancelled run in the place of the child', () => {
    const play = new Play(shapes.parent);
    play.write(requestCancel(play.run, asked, play.now));
    const { name, run } = tombstone(play.run, { child: 'child-1' as RunId, node: c }, 7, 9);
    expect(name).toBe('submit');
    expect(run).toMatchObject({
      tenant: play.run.tenant,
      run: 'child-1',
      phase: 'cancelled',
      nodes: {},
      control: { kind: 'cancel', ...asked },
      parent: { run: 'r', node: 'c' },
      createdAt: 7,
      endedAt: 7,
      at: 7,
      expires: 9,
    });
    const command = { key: run, node: c, hash: run.hash, nonce: 'n' as Nonce, worker: 'w', leaseUntil: 70 };
    expect(applyTransition(run, claim(command, 8))).toBeUndefined();
    expect(decideRefusedClaim(run, command, 8, 9)).toEqual({ decision: 'drop', reason: 'Finished' });
  });

  it('of a run that has failed was asked for by nobody', () => {
    const play = new Play(shapes.parent);
    expect(tombstone(play.run, { child: 'child-1' as RunId, node: c }, 7, 9).run).not.toHaveProperty(
      'control',
    );
  });
});

it('a cancelled run has ended its nodes, the waiting ones too', () => {
  const play = waiting();
  play.write(requestCancel(play.run, graceful, play.now));
  play.write(finaliseCancel(play.run, play.now, 1));
  expect(play.node('c')).toMatchObject({ status: 'cancelled', endedAt: play.now });
  expect(play.run).toMatchObject({ phase: 'cancelled', expires: 1 });
});
