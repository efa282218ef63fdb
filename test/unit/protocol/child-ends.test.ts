import { describe, expect, it } from 'vitest';
import type { ElementShape, Shape } from '../../../lib/model/definition.ts';
import type { DefinitionHash, NodeId, Nonce, RunId } from '../../../lib/model/ids.ts';
import { finaliseCancel, tombstone } from '../../../lib/protocol/cancel.ts';
import { claim, decideRefusedClaim } from '../../../lib/protocol/claim.ts';
import { commit } from '../../../lib/protocol/commit.ts';
import { requestCancel } from '../../../lib/protocol/control.ts';
import { exhaust } from '../../../lib/protocol/exhaust.ts';
import { dutiesOf } from '../../../lib/protocol/leave.ts';
import { hasChildren } from '../../../lib/protocol/quiet.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const c = 'c' as NodeId;
const graceful = { mode: 'graceful' } as const;
const failure = { type: 'Error', message: 'no', attempt: 1 };
const failed = { status: 'failed', failure } as const;

const step = (id: string): ElementShape => ({ kind: 'step', id, task: 't' });
const child: ElementShape = { kind: 'child', id: 'c', workflow: 'other', hash: 'other' as DefinitionHash };
const branches = [
  { name: 'x', body: [step('a'), child] },
  { name: 'y', body: [step('b')] },
];
const laterInBranch: Shape = {
  kind: 'workflow',
  name: 'w',
  body: [{ kind: 'fork', id: 'f', branches, join: { kind: 'map', id: 'f' } }],
};

/** A holder has started the child, and let go of the node. */
function waiting(plans = {}) {
  const play = new Play(shapes.parent, plans);
  play.startChild('c');
  return play;
}

describe('a run that ends while a child lives', () => {
  it('owes the child its end when it fails, whoever fails it', () => {
    const branch = new Play(shapes.childInBranch);
    branch.startChild('f/x/c');
    branch.end(branch.claim('f/y/b'), failed);
    expect(branch.run).toMatchObject({ phase: 'ending', ended: 'failed', result: 'f/y/b' });
    expect(dutiesOf(branch.run)).toEqual({
      release: [],
      notify: undefined,
      cancel: ['child-1'],
      deliver: [],
    });
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
    play.write(play.childEnds('c', failed).transition);
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
    play.write(play.childEnds('c', { status: 'cancelled' }).transition);
    expect(play.run.at).toBeLessThanOrEqual(play.now);
    expect(hasChildren(play.run)).toBe(false);
    play.look();
    expect(play.run).toMatchObject({ phase: 'cancelled', nodes: { c: { status: 'cancelled' } } });
  });

  it('is ended by the holder that finds its child ended', () => {
    const { held, play } = cancelled();
    play.write(play.childEnds('c', { status: 'cancelled' }).transition);
    expect(play.end(held, { status: 'cancelled' }).status).toBe('cancelled');
    expect(play.run.phase).toBe('cancelled');
  });

  it('leaves the end to others while a child lives in another branch', () => {
    const play = new Play(shapes.childInBranch);
    play.startChild('f/x/c');
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
