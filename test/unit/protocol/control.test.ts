import { describe, expect, it } from 'vitest';
import type { NodeId, Nonce } from '../../../lib/model/ids.ts';
import { type Control, type Run, statusOf } from '../../../lib/model/run.ts';
import { finaliseCancel } from '../../../lib/protocol/cancel.ts';
import { type ClaimCommand, claim, decideRefusedClaim } from '../../../lib/protocol/claim.ts';
import { commit } from '../../../lib/protocol/commit.ts';
import {
  type ControlDecision,
  type ControlRequest,
  decideCancel,
  decidePause,
  decideResume,
  park,
  requestCancel,
  requestPause,
} from '../../../lib/protocol/control.ts';
import { doorbellsOf } from '../../../lib/protocol/doorbells.ts';
import { yieldNode } from '../../../lib/protocol/hand-back.ts';
import { isQuiet, quietAt } from '../../../lib/protocol/quiet.ts';
import { renew } from '../../../lib/protocol/renew.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const minuteMs = 60_000;
const graceful: ControlRequest = { mode: 'graceful' };
const abort: ControlRequest = { mode: 'abort', reason: 'hurry', by: 'ann' };

const writeOf = (decided: ControlDecision) => {
  if (decided.decision === 'refuse') throw new Error(`refused because of ${decided.because}`);
  return decided.transition;
};
const refuse = (because: string) => ({ decision: 'refuse', because });
const withControl = (run: Run, kind: Control['kind'], mode: Control['mode'] = 'graceful'): Run => ({
  ...run,
  control: { kind, mode, since: 1 },
});
const run = () => new Play(shapes.chain).run;

/** A run that was paused before anybody came, and is parked. */
function parked(shape = shapes.chain) {
  const play = new Play(shape);
  play.write(requestPause(play.run, graceful, play.now));
  play.write(park(play.run, play.now));
  return play;
}

describe('what people ask of a run', () => {
  const decisions = { cancel: decideCancel, pause: decidePause, resume: decideResume };

  it.each(['cancel', 'pause', 'resume'] as const)(
    '%s is refused where there is none, or it has ended',
    (asked) => {
      const decide = (seen: Run | undefined) => decisions[asked](seen, graceful, 1);
      expect(decide(undefined)).toEqual(refuse('NotFound'));
      for (const phase of ['succeeded', 'failed', 'skipped'] as const) {
        expect(decide({ ...run(), phase })).toEqual(refuse('AlreadyFinished'));
        expect(decide({ ...run(), phase: 'ending', ended: phase })).toEqual(refuse('AlreadyFinished'));
      }
      expect(decide({ ...run(), phase: 'cancelled' })).toEqual(refuse('AlreadyCancelled'));
      expect(decide({ ...run(), phase: 'ending', ended: 'cancelled' })).toEqual(refuse('AlreadyCancelled'));
    },
  );

  it('is refused where it was asked for already, or goes against what was', () => {
    const cancelled = withControl(run(), 'cancel');
    const paused = withControl(run(), 'pause');
    expect(decideCancel(cancelled, graceful, 1)).toEqual(refuse('AlreadyCancelled'));
    expect(decideCancel(withControl(run(), 'cancel', 'abort'), abort, 1)).toEqual(refuse('AlreadyCancelled'));
    expect(decidePause(cancelled, graceful, 1)).toEqual(refuse('AlreadyCancelled'));
    expect(decidePause(paused, abort, 1)).toEqual(refuse('AlreadyPaused'));
    expect(decideResume(cancelled, {}, 1)).toEqual(refuse('AlreadyCancelled'));
    expect(decideResume(run(), {}, 1)).toEqual(refuse('NotPaused'));
  });

  it.each([
    ['cancel', requestCancel, decideCancel],
    ['pause', requestPause, decidePause],
  ] as const)('a %s is one write, of a run that goes on', (kind, request, decide) => {
    const play = new Play(shapes.chain);
    play.now += 1_000;
    const write = request(play.run, abort, play.now);
    expect(writeOf(decide(play.run, abort, play.now))).toEqual({ ...write, key: play.run });
    const control = withControl(play.run, 'pause');
    expect(refusedBy(play.run, write)).toEqual([]);
    expect(refusedBy({ ...play.run, schema: 2 }, write)).toEqual([`${kind}.schema`]);
    expect(refusedBy({ ...play.run, phase: 'ending' }, write)).toEqual([`${kind}.active`]);
    expect(refusedBy(control, write)).toEqual([`${kind}.noControl`]);
    play.write(write);
    expect(play.run).toMatchObject({ control: { kind, since: play.now, ...abort }, at: play.now, rev: 1 });
  });
});

describe('a run that is paused', () => {
  const commandFor = ({ now, run: { hash, run, tenant } }: Play): ClaimCommand => ({
    key: { run, tenant },
    node: 'a' as NodeId,
    hash,
    nonce: 'n' as Nonce,
    worker: 'w',
    leaseUntil: now + minuteMs,
  });

  it('starts nothing, and is parked by a look once nobody works on it', () => {
    const play = new Play(shapes.chain);
    play.write(requestPause(play.run, graceful, play.now));
    expect(statusOf(play.run)).toBe('paused');
    const write = claim(commandFor(play), play.now, play.run.at);
    expect(refusedBy(play.run, write)).toEqual(['claim.noControl']);
    expect(play.look()).toMatchObject({ dispatches: [] });
    expect(play.run).toMatchObject({ phase: 'paused', at: play.now, control: { kind: 'pause' } });
    expect(decideRefusedClaim(play.run, commandFor(play), play.now, 1)).toEqual({
      decision: 'drop',
      reason: 'Paused',
    });
    expect(play.look()).toBeUndefined();
    expect(doorbellsOf(play.run, play.now)).toEqual([]);
  });

  it('waits for its holders, who open what follows without beginning it', () => {
    const play = new Play(shapes.chain);
    const a = play.claim('a');
    play.write(requestPause(play.run, graceful, play.now));
    expect(statusOf(play.run)).toBe('running');
    expect(isQuiet(play.run, play.now)).toBe(false);
    play.look();
    expect(play.run).toMatchObject({ phase: 'active', at: play.now + 65_001 });
    expect(play.look()).toBeUndefined();
    const { continues, dispatches } = play.end(a, value('1'));
    expect([continues, dispatches]).toEqual([undefined, []]);
    expect(play.node('b')).toMatchObject({ status: 'ready', attempt: 0 });
    // Somebody must park it, and its holder may die before it does.
    expect(play.run.at).toBe(play.now);
  });

  it('is not parked while a lease may be renewed, nor under a holder', () => {
    const play = new Play(shapes.chain);
    const a = play.claim('a');
    play.write(requestPause(play.run, graceful, play.now));
    expect(quietAt(play.run, play.now)).toBe(play.now + 65_001);
    play.now = quietAt(play.run, play.now);
    expect(quietAt(play.run, play.now)).toBe(play.now);
    const write = park(play.run, play.now);
    expect(refusedBy(play.run, write)).toEqual([]);
    const leaseUntil = play.now + minuteMs;
    const renewed = renew({ key: play.run, fence: a, leaseUntil, seenAt: play.run.at });
    const held = applyTransition(play.run, renewed);
    expect(held && refusedBy(held, write)).toEqual(['park.expired']);
    play.write(
      yieldNode(play.run, a, { checkpoint: undefined, now: play.now, hop: 0, hopLimit: 64 }).transition,
    );
    expect(refusedBy(play.run, write)).toEqual(['park.expired']);
    play.write(park(play.run, play.now));
    expect(play.run).toMatchObject({ phase: 'paused', rev: 2 });
  });

  it('is parked only as it was seen', () => {
    const play = new Play(shapes.chain);
    play.write(requestPause(play.run, graceful, play.now));
    const write = park(play.run, play.now);
    expect(refusedBy({ ...play.run, schema: 2 }, write)).toEqual(['park.schema']);
    expect(refusedBy({ ...play.run, phase: 'ending' }, write)).toEqual(['park.active']);
    expect(refusedBy(withControl(play.run, 'cancel'), write)).toEqual(['park.requested']);
    expect(refusedBy({ ...play.run, rev: 9 }, write)).toEqual(['park.rev']);
  });

  it('keeps what its holder could not finish: a node that was abandoned is taken over later', () => {
    const play = new Play(shapes.chain);
    play.claim('a');
    play.write(requestPause(play.run, graceful, play.now));
    play.now += 65_001;
    play.look();
    expect(play.run.phase).toBe('paused');
    play.write(writeOf(decideResume(play.run, {}, play.now)));
    expect(play.look()?.dispatches).toMatchObject([{ message: { node: 'a' } }]);
    const decided = decideRefusedClaim(play.run, commandFor(play), play.now, 1);
    expect(decided).toMatchObject({ decision: 'takeOver' });
  });

  it('leaves a join to whoever comes when it goes on', () => {
    const play = new Play(shapes.forked);
    const [a, b] = [play.claim('f/x/a'), play.claim('f/y/b')];
    const seen = play.run;
    play.end(a, value('1'), {}, seen);
    play.end(b, value('2'), {}, seen);
    play.write(requestPause(play.run, graceful, play.now));
    play.look();
    play.write(writeOf(decideResume(play.run, {}, play.now)));
    expect(doorbellsOf(play.run, play.now)).toEqual([]);
    expect(play.look()?.dispatches).toMatchObject([{ message: { node: 'f/y/b' } }]);
  });

  it('is decided on again by a holder who did not know', () => {
    const play = new Play(shapes.longBranch);
    const a = play.claim('f/x/a');
    const planned = commit(play.run, a, value('1'), play.options());
    play.write(requestPause(play.run, graceful, play.now));
    expect(refusedBy(play.run, planned.transition)).toEqual(['pathCommit.noControl']);
    const known = commit(play.run, a, value('1'), play.options());
    expect([known.continues, known.dispatches]).toEqual([undefined, []]);
    play.write(writeOf(decideResume(play.run, {}, play.now)));
    expect(refusedBy(play.run, known.transition)).toEqual(['pathCommit.control']);
  });
});

describe('a run that goes on', () => {
  it('is rung for what is ready, and looked at at once', () => {
    const play = parked();
    play.run = { ...play.run, looks: 3 };
    play.now += 1_000;
    play.write(writeOf(decideResume(play.run, { reason: 'mended', by: 'ann' }, play.now)));
    expect(play.run).toMatchObject({
      phase: 'active',
      at: play.now,
      looks: 0,
      rev: 3,
      resumed: { since: play.now, reason: 'mended', by: 'ann' },
    });
    expect(play.run).not.toHaveProperty('control');
    expect(doorbellsOf(play.run, play.now)).toMatchObject([{ message: { node: 'a', hop: 0 }, delayMs: 0 }]);
  });

  it('does so before it was parked, too, and needs no reason', () => {
    const play = new Play(shapes.chain);
    play.write(requestPause(play.run, graceful, play.now));
    const write = writeOf(decideResume(play.run, {}, play.now));
    expect(refusedBy(play.run, write)).toEqual([]);
    const late = applyTransition(play.run, park(play.run, play.now));
    expect(late && refusedBy(late, write)).toEqual(['resume.active']);
    play.write(write);
    expect(play.run).toMatchObject({ phase: 'active', resumed: { since: play.now } });
  });

  it('does not where it was cancelled meanwhile, or went on already', () => {
    const play = parked();
    const write = writeOf(decideResume(play.run, {}, play.now));
    expect(refusedBy({ ...play.run, schema: 2 }, write)).toEqual(['resume.schema']);
    expect(refusedBy(withControl(play.run, 'cancel'), write)).toEqual(['resume.paused']);
    play.write(write);
    expect(refusedBy(play.run, write)).toEqual(['resume.active', 'resume.paused']);
  });

  it('finds its timers where they stood', () => {
    const play = parked(shapes.longPause);
    play.now += 30 * minuteMs;
    play.write(writeOf(decideResume(play.run, {}, play.now)));
    expect(doorbellsOf(play.run, play.now)).toMatchObject([{ message: { node: 'pause' }, delayMs: 0 }]);
    const early = parked(shapes.longPause);
    early.write(writeOf(decideResume(early.run, {}, early.now)));
    // Too far off for a message.
    expect(doorbellsOf(early.run, early.now)).toEqual([]);
    early.look();
    expect(early.run.at).toBe(early.now + 20 * minuteMs);
  });

  it('times out at once what nobody answered during the pause', () => {
    const play = parked(shapes.awaiting);
    play.now += 30 * minuteMs;
    play.write(writeOf(decideResume(play.run, {}, play.now)));
    expect(play.look()?.dispatches).toMatchObject([{ message: { node: 's' }, delayMs: 0 }]);
  });
});

describe('a cancel', () => {
  it('takes the place of a pause, parked or not', () => {
    for (const play of [parked(), new Play(shapes.chain)]) {
      if (play.run.phase === 'active') play.write(requestPause(play.run, graceful, play.now));
      play.now += 1_000;
      const write = writeOf(decideCancel(play.run, graceful, play.now));
      expect(refusedBy(play.run, write)).toEqual([]);
      expect(refusedBy({ ...play.run, schema: 2 }, write)).toEqual(['cancelPaused.schema']);
      expect(refusedBy({ ...play.run, phase: 'ending' }, write)).toEqual(['cancelPaused.active']);
      expect(refusedBy(withControl(play.run, 'cancel'), write)).toEqual(['cancelPaused.kind']);
      const { rev } = play.run;
      play.write(write);
      const control = { kind: 'cancel', mode: 'graceful', since: play.now };
      expect(play.run).toMatchObject({ phase: 'active', at: play.now, control, rev: rev + 1 });
      play.look();
      expect(play.run.phase).toBe('cancelled');
    }
  });

  it('is raised to an abort, once', () => {
    const play = new Play(shapes.chain);
    play.write(requestCancel(play.run, graceful, play.now));
    const write = writeOf(decideCancel(play.run, abort, play.now));
    expect(refusedBy(play.run, write)).toEqual([]);
    expect(refusedBy(withControl(play.run, 'pause'), write)).toEqual(['raiseCancel.kind']);
    play.write(write);
    expect(play.run).toMatchObject({ control: { kind: 'cancel', ...abort }, at: play.now, rev: 2 });
    expect(refusedBy(play.run, write)).toEqual(['raiseCancel.mode']);
  });

  it('ends the run only as it was seen, and not under a holder', () => {
    const play = new Play(shapes.chain);
    play.claim('a');
    play.write(requestCancel(play.run, graceful, play.now));
    play.now += 65_001;
    const write = finaliseCancel(play.run, play.now, 1);
    const alive = {
      ...play.run,
      nodes: { a: { ...play.node('a'), lease: { until: play.now } } },
    } as never as Run;
    expect(refusedBy(play.run, write)).toEqual([]);
    expect(refusedBy({ ...play.run, schema: 2 }, write)).toEqual(['finaliseCancel.schema']);
    expect(refusedBy({ ...play.run, phase: 'cancelled' }, write)).toEqual(['finaliseCancel.active']);
    expect(refusedBy(withControl(play.run, 'pause'), write)).toEqual(['finaliseCancel.requested']);
    expect(refusedBy({ ...play.run, rev: 9 }, write)).toEqual(['finaliseCancel.rev']);
    expect(refusedBy(alive, write)).toEqual(['finaliseCancel.expired']);
  });
});
