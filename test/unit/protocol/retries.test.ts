import { describe, expect, it } from 'vitest';
import type { NodeId, RunId } from '../../../lib/model/ids.ts';
import type { Run } from '../../../lib/model/run.ts';
import { inputOf } from '../../../lib/protocol/commit.ts';
import { requestPause } from '../../../lib/protocol/control.ts';
import { doorbellsOf } from '../../../lib/protocol/doorbells.ts';
import { yieldNode } from '../../../lib/protocol/hand-back.ts';
import { endedBranches } from '../../../lib/protocol/nodes/join.ts';
import { retryId, retryRun } from '../../../lib/protocol/retry.ts';
import { timeOut } from '../../../lib/protocol/signal.ts';
import { Play, value } from '../../support/play.ts';
import { taskShape } from '../../support/task-shape.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const minuteMs = 60_000;
const failed = { status: 'failed', failure: { type: 'Error', message: 'no', attempt: 1 } } as const;

/** The run that goes on from a failed one, played on an hour later. */
function retried(play: Play, input?: string): Play {
  play.now += 60 * minuteMs;
  const command = { now: play.now, nameChild: () => 'again' as RunId };
  const { name, run } = retryRun(play.run, {
    ...command,
    input: input === undefined ? input : { text: input },
  });
  expect(name).toBe('submit');
  play.run = run;
  return play;
}

/** A run of two nodes whose second has failed. */
function failedLater(over = {}) {
  const play = new Play(shapes.chain, { b: { pool: 'gpu', priority: 'high' } }, over);
  play.end(play.claim('a'), value('1'), { inline: undefined });
  play.end(play.claim('b'), failed);
  return play;
}

describe('the id of a retry', () => {
  it.each([
    ['01J', '01J~2'],
    ['01J~2', '01J~3'],
    ['01J~9', '01J~10'],
    ['a~b', 'a~b~2'],
    ['a~b~2', 'a~b~3'],
    ['~', '~~2'],
  ])('%s goes on as %s', (from, to) => expect(retryId(from as RunId)).toBe(to));
});

describe('a run that goes on from a failed one', () => {
  it('has a place of its own among the open ones, or none', () => {
    const play = failedLater({ counted: true });
    expect(play.run.counted).toBe(true);
    expect(retried(play).run).not.toHaveProperty('counted');
  });

  it('begins where that failed, with what had been done', () => {
    const play = failedLater();
    const before = play.node('a');
    retried(play);
    expect(play.run).toMatchObject({
      run: 'r~2',
      retryOf: 'r',
      phase: 'active',
      at: play.now + minuteMs,
      rev: 0,
      epoch: 2,
      looks: 0,
      createdAt: play.now,
      submission: 's',
    });
    expect(play.node('a')).toEqual(before);
    expect(play.node('b')).toEqual({
      status: 'ready',
      epoch: 2,
      attempt: 0,
      attemptsMax: 3,
      notBefore: play.now,
      from: 'a',
      pool: 'gpu',
      priority: 'high',
    });
    expect(doorbellsOf(play.run, play.now)).toMatchObject([{ message: { node: 'b' }, pool: 'gpu' }]);
    const b = play.claim('b');
    expect([b.epoch, inputOf(play.run, b.node)]).toEqual([3, { text: '1' }]);
    play.end(b, value('2'));
    expect(play.run).toMatchObject({ phase: 'succeeded', result: 'b' });
  });

  it('leaves behind how that ended, who waited for it and what was asked of it', () => {
    const play = failedLater({ idempotencyKey: 'k', parent: { run: 'p', node: 'n' } });
    expect(play.run.phase).toBe('ending');
    const { control } = { ...play.run, control: { kind: 'pause', mode: 'graceful', since: 1 } } as Run;
    const since = { since: 1 };
    play.run = {
      ...play.run,
      dependents: ['d' as RunId],
      resumed: since,
      expires: 1,
      ...(control && { control }),
    };
    retried(play);
    for (const gone of [
      'ended',
      'endedAt',
      'expires',
      'control',
      'resumed',
      'dependents',
      'parent',
      'result',
    ])
      expect(play.run).not.toHaveProperty(gone);
    expect(play.run).not.toHaveProperty('idempotencyKey');
  });

  it('keeps what belongs to the work: tags, trace, dependencies, signals, history', () => {
    const play = failedLater({
      tags: ['x'],
      traceparent: 't',
      dependencies: { p: { output: { text: '7' } } },
    });
    const kept = {
      hasHistory: true,
      signals: [{ name: 's', id: 'one', payload: { text: '1' } }],
      signalIds: ['one'],
      waitsFor: ['p' as RunId],
    };
    play.run = { ...play.run, ...kept };
    const { dependencies, tags, traceparent } = play.run;
    expect(retried(play).run).toMatchObject({ dependencies, tags, traceparent, ...kept });
  });

  it('gives an edited input to the node that failed, and to that alone', () => {
    const play = new Play(shapes.forkedBetween);
    play.end(play.claim('s'), value('0'));
    play.end(play.claim('f/y/b'), failed);
    retried(play, 'edited');
    expect(inputOf(play.run, 'f/y/b' as NodeId)).toEqual({ text: 'edited' });
    expect(inputOf(play.run, 'f/x/a' as NodeId)).toEqual({ text: '0' });
    expect(play.run.input).toEqual({ text: 'in' });
    // Which is kept by the next retry, too.
    play.end(play.claim('f/y/b'), failed);
    retried(play);
    expect(play.run.run).toBe('r~3');
    expect(inputOf(play.run, 'f/y/b' as NodeId)).toEqual({ text: 'edited' });
  });

  it('joins what the branches gave, where the join failed', () => {
    const play = new Play(shapes.forked);
    play.end(play.claim('f/x/a'), value('1'));
    play.end(play.goOn(play.claim('f/y/b'), value('2')), failed);
    expect(play.run).toMatchObject({ phase: 'failed', result: 'f' });
    const outputs = () => endedBranches(play.run, 'f' as NodeId).map(({ node }) => node.output);
    retried(play);
    expect(outputs()).toEqual([{ text: '1' }, { text: '2' }]);
    play.end(play.claim('f'), value('3'));
    expect(play.run.phase).toBe('succeeded');
    expect(outputs()).toEqual([]);
  });

  it('of a single task takes it as its own', () => {
    const play = new Play(taskShape);
    play.end(play.claim('task'), failed);
    retried(play, 'edited');
    expect(play.run.input).toEqual({ text: 'edited' });
    expect(inputOf(play.run, 'task' as NodeId)).toEqual({ text: 'edited' });
    expect(play.node('task')).not.toHaveProperty('input');
    play.end(play.claim('task'), failed);
    expect(retried(play).run.input).toEqual({ text: 'edited' });
  });

  it('begins what its siblings were at again, and waits no longer than they for timers', () => {
    const play = new Play(shapes.mixedFork);
    play.claim('f/x/l/a');
    play.end(
      play.claim('f/y/r'),
      { status: 'succeeded', cached: false, decision: 'else' },
      { inline: undefined },
    );
    const delay = play.node('f/y/r/~/d');
    play.run = { ...play.run, phase: 'failed', result: 'f/x/l/a' as NodeId };
    const early = retryRun(play.run, { now: play.now, nameChild: () => 'x' as RunId }).run;
    expect(early.nodes['f/y/r/~/d' as NodeId]?.notBefore).toBe(delay?.notBefore);
    expect(early.at).toBe(play.now + minuteMs);
    retried(play);
    expect(play.node('f/y/r/~/d')?.notBefore).toBe(play.now);
    expect(play.node('f/x/l/a')).toMatchObject({ status: 'ready', attempt: 0 });
    expect(play.node('f/x/l/a')).not.toHaveProperty('lease');
    expect(play.node('f/x/l')).toMatchObject({ status: 'waiting', iteration: 1 });
  });
});

describe('a retry of a run that waited', () => {
  it('waits for a signal that did not come for as long as the first time', () => {
    const play = new Play(shapes.awaiting);
    play.now += 2 * minuteMs;
    play.write(timeOut(play.run, 's' as NodeId, play.now));
    play.end(play.claim('s'), { status: 'succeeded', cached: false, decision: 'timeout' });
    expect(play.run.phase).toBe('failed');
    retried(play);
    expect(play.node('s')).toMatchObject({
      status: 'waiting',
      notBefore: play.now,
      signal: { name: 's', until: play.now + 2 * minuteMs },
    });
    expect(play.node('s')?.signal).not.toHaveProperty('timedOut');
    expect(play.run.at).toBeLessThanOrEqual(play.now + 2 * minuteMs);
    expect(play.signal('s', 'one')).toEqual(['s']);
  });

  it('waits no less where the way on from the timeout was handed back meanwhile', () => {
    const play = new Play(shapes.awaitingOrElse);
    const created = play.now;
    play.now += minuteMs;
    play.end(play.claim('a'), value('1'));
    play.now += 2 * minuteMs;
    play.write(timeOut(play.run, 's' as NodeId, play.now));
    const handed = { checkpoint: undefined, now: play.now, hop: 0, hopLimit: 64 };
    play.write(yieldNode(play.run, play.claim('s'), handed).transition);
    play.end(play.claim('s'), failed);
    const until = play.now;
    retried(play);
    expect(play.node('s')).toMatchObject({ signal: { name: 's', until: play.now + until - created } });
  });

  it('waits without an end where there was none', () => {
    const play = new Play(shapes.awaitingForEver);
    play.end(play.claim('a'), value('1'));
    play.run = { ...play.run, phase: 'failed' };
    retried(play);
    expect(play.node('s')).toMatchObject({ status: 'waiting', signal: { name: 's' } });
    expect(play.node('s')?.signal).not.toHaveProperty('until');
  });

  it('has the signal that had come', () => {
    const play = new Play(shapes.awaiting);
    play.signal('s', 'one');
    play.end(play.claim('s'), failed);
    retried(play);
    expect(play.node('s')).toMatchObject({
      status: 'ready',
      signal: { name: 's', id: 'one', payload: { text: 'one' } },
    });
    expect(doorbellsOf(play.run, play.now)).toMatchObject([{ message: { node: 's' } }]);
  });

  it('is looked at when a timeout needs it', () => {
    const play = new Play({
      kind: 'workflow',
      name: 'w',
      body: [{ kind: 'signal', id: 's', signal: 's', timeoutMs: 5_000 }],
    });
    play.run = { ...play.run, phase: 'failed' };
    expect(retried(play).run.at).toBe(play.now + 5_000);
  });

  it('starts another child in the place of one that failed, or was cancelled with its parent', () => {
    const play = new Play(shapes.parent);
    play.startChild('c');
    play.write(play.childEnds('c', failed).transition);
    play.end(play.claim('c'), failed);
    retried(play);
    expect(play.node('c')).toMatchObject({ status: 'ready', child: { run: 'again' } });
    expect(play.node('c')?.child).toEqual({ run: 'again' });
  });

  it('keeps the result of a child that had succeeded, and nobody had come for', () => {
    const play = new Play(shapes.childInBranch);
    play.startChild('f/x/c');
    const end = { status: 'succeeded', output: { text: 'out' } } as const;
    play.write(play.childEnds('f/x/c', end).transition);
    play.end(play.claim('f/y/b'), failed);
    retried(play);
    expect(play.node('f/x/c')).toMatchObject({ status: 'ready', child: { run: 'child-1', ...end } });
    const [from, c] = [{ ...play.run, phase: 'failed', result: 'f/x/c' }, 'f/x/c' as NodeId] as [Run, NodeId];
    const command = { input: { text: 'edited' }, now: play.now, nameChild: () => 'again' as RunId };
    expect(retryRun(from, command).run.nodes[c]?.child).toEqual({ run: 'again' });
  });
});

it('a retry of a run that was about to be paused goes on', () => {
  const play = new Play(shapes.chain);
  const a = play.claim('a');
  play.write(requestPause(play.run, { mode: 'graceful' }, play.now));
  play.end(a, failed);
  expect(play.run).toMatchObject({ phase: 'failed', control: { kind: 'pause' } });
  retried(play);
  expect(play.claim('a').epoch).toBe(2);
});
