import { describe, expect, it } from 'vitest';
import { requestCancel } from '../../../lib/protocol/control.ts';
import { exhaust } from '../../../lib/protocol/exhaust.ts';
import { look } from '../../../lib/protocol/look.ts';
import { isResubmission } from '../../../lib/protocol/submit.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, value } from '../../support/play.ts';
import { leasedNode, sampleRun } from '../../support/sample-run.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const minuteMs = 60_000;
const options = { lookaheadMs: minuteMs, repeatDoorbells: true, expires: 1 };

describe('a look at a ready node', () => {
  it('rings again, and each time later', () => {
    const play = new Play(shapes.chain);
    for (const pauseMin of [1, 2, 4, 8, 15, 15]) {
      const now = play.run.at;
      const found = look(play.run, { ...options, now });
      expect(found?.dispatches).toMatchObject([{ message: { node: 'a', hop: 0 }, delayMs: 0 }]);
      if (found) play.write(found.transition);
      expect(play.run.at - now).toBe(pauseMin * minuteMs);
    }
  });

  it('does not ring while the queue is deep, unless it is a timer that nobody has rung for', () => {
    const deep = { ...options, repeatDoorbells: false };
    const play = new Play(shapes.chain);
    expect(look(play.run, { ...deep, now: play.run.at })?.dispatches).toEqual([]);
    const timer = new Play(shapes.longPause);
    const now = timer.run.at - 1_000;
    expect(look(timer.run, { ...deep, now })?.dispatches).toMatchObject([{ delayMs: 1_000 }]);
  });

  it('beside a timer that has come leaves the others to their own look', () => {
    const play = new Play(shapes.mixedFork);
    const r = play.claim('f/y/r');
    play.end(r, { status: 'succeeded', cached: false, decision: 'else' }, { inline: undefined, hop: 63 });
    // The delay has no message, and the run is to be looked at when it is over.
    const timer = play.node('f/y/r/~/d');
    const found = look(play.run, { ...options, now: play.run.at - 1 });
    expect(play.run.at).toBeLessThanOrEqual(timer?.notBefore ?? 0);
    expect(found?.dispatches.map(({ message }) => message.node)).toEqual(['f/y/r/~/d']);
  });
});

describe('a look at a node that ages', () => {
  const aging = { ...options, agesAfterMs: () => 5 * minuteMs };

  it('comes when it has aged, and rings for it in its own lane from then on', () => {
    const play = new Play(shapes.chain);
    const ready = play.node('a')?.notBefore ?? 0;
    const looks = [1, 2, 4, 5, 13].map((minute) => {
      const now = play.run.at;
      const found = look(play.run, { ...aging, now });
      if (found) play.write(found.transition);
      return { expected: minute, minute: (now - ready) / minuteMs, aged: found?.dispatches[0]?.aged };
    });
    for (const { expected, minute } of looks) expect(minute).toBe(expected);
    expect(looks.map(({ aged }) => aged)).toEqual([undefined, undefined, undefined, true, true]);
  });

  it('rings for what has aged however deep the queue is', () => {
    const play = new Play(shapes.chain);
    const now = (play.node('a')?.notBefore ?? 0) + 5 * minuteMs;
    const deep = { ...aging, repeatDoorbells: false };
    expect(look(play.run, { ...deep, now: now - 1 })?.dispatches).toEqual([]);
    expect(look(play.run, { ...deep, now })?.dispatches).toMatchObject([{ aged: true }]);
  });

  it('asks for each node by its own pool', () => {
    const play = new Play(shapes.chain);
    const now = (play.node('a')?.notBefore ?? 0) + 5 * minuteMs;
    const agesAfterMs = (pool: string) => (pool === 'other' ? minuteMs : undefined);
    expect(look(play.run, { ...options, agesAfterMs, now })?.dispatches[0]).not.toHaveProperty('aged');
    const node = { ...play.run.nodes['a' as never], pool: 'other' };
    const elsewhere = { ...play.run, nodes: { a: node } } as never;
    expect(look(elsewhere, { ...options, agesAfterMs, now })?.dispatches).toMatchObject([
      { aged: true, pool: 'other' },
    ]);
  });

  it('leaves a timer to its time', () => {
    const timer = new Play(shapes.longPause);
    const now = timer.run.at - 1_000;
    const found = look(timer.run, { ...aging, now });
    expect(found?.dispatches).toMatchObject([{ delayMs: 1_000 }]);
    expect(found?.dispatches[0]).not.toHaveProperty('aged');
  });
});

describe('a look at a leased node', () => {
  const abandonedAt = leasedNode.lease.until + 5_001;

  it('waits for the end of its lease', () => {
    const play = new Play(shapes.chain);
    play.claim('a');
    const found = look(play.run, { ...options, now: play.run.at });
    expect(found?.dispatches ?? []).toEqual([]);
  });

  it('that was abandoned rings for another worker', () => {
    const run = sampleRun({ epoch: 1, at: abandonedAt, nodes: { task: leasedNode } as never });
    const found = look(run, { ...options, now: abandonedAt });
    expect(found?.dispatches).toMatchObject([{ message: { node: 'task' } }]);
    expect(found && applyTransition(run, found.transition)?.at).toBe(abandonedAt + minuteMs);
  });

  it('that was abandoned on its last attempt ends the run', () => {
    const node = { ...leasedNode, attempt: 3 };
    const run = sampleRun({ epoch: 1, at: abandonedAt, nodes: { task: node } as never });
    const found = look(run, { ...options, now: abandonedAt });
    expect(found?.transition).toEqual(exhaust(run, 'task' as never, node, abandonedAt, 1));
    expect(found && applyTransition(run, found.transition)).toMatchObject({ phase: 'failed' });
  });
});

it('a look at a cancelled run on which nobody works ends it', () => {
  const play = new Play(shapes.chain);
  play.write(requestCancel(play.run, { mode: 'graceful' }, play.now));
  const found = look(play.run, { ...options, now: play.now });
  if (found) play.write(found.transition);
  expect(play.run).toMatchObject({ phase: 'cancelled', nodes: { a: { status: 'cancelled' } } });
});

it('a submission finds its own run, and not that of another', () => {
  const { run } = new Play(shapes.chain);
  const plan = { planOf: () => ({ attemptsMax: 1, leaseMs: 1 }), nameChild: () => run.run, delayMs: 0 };
  const again = { ...run, shape: shapes.chain, ...plan };
  expect(isResubmission(run, again)).toBe(true);
  expect(isResubmission(run, { ...again, submission: 'another' })).toBe(false);
});

it('a failure of the tree names the worker where it is known', () => {
  const play = new Play(shapes.looped);
  const held = play.claim('l/a');
  const { worker: _, ...nameless } = play.node('l/a') as typeof leasedNode;
  const { run } = play;
  play.end(held, value('1'), {}, { ...run, nodes: { ...run.nodes, [held.node]: nameless } });
  expect(play.node('l/a')).toMatchObject({ failure: { code: 'NoDecision', attempt: 1 } });
  expect(play.node('l/a')).not.toHaveProperty('failure.worker');
});
