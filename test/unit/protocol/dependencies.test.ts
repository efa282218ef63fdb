import { describe, expect, it } from 'vitest';
import type { NodeId, Nonce, RunId } from '../../../lib/model/ids.ts';
import { type Run, statusOf } from '../../../lib/model/run.ts';
import { claim, decideRefusedClaim } from '../../../lib/protocol/claim.ts';
import { requestCancel, requestPause } from '../../../lib/protocol/control.ts';
import { attach, type DependencyEnd, release } from '../../../lib/protocol/dependency.ts';
import { doorbellsOf } from '../../../lib/protocol/doorbells.ts';
import { type Submission, submit } from '../../../lib/protocol/submit.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import { taskShape } from '../../support/task-shape.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const minuteMs = 60_000;
const graceful = { mode: 'graceful' } as const;
const [p, q] = ['p', 'q'] as RunId[] as [RunId, RunId];
const edges = { waitsFor: [p, q], dependencies: { [p]: { as: 'first' }, [q]: {} } };
const one = { waitsFor: [p], dependencies: { [p]: {} } };
const done = (run: RunId): DependencyEnd => ({ run, status: 'succeeded', output: { text: run } });

/** A run that waits for others, at the moment at which it was submitted. */
const dependent = (over: Partial<Submission> = edges, shape = shapes.chain) => new Play(shape, {}, over);

function released(play: Play, end: DependencyEnd, seen: Run = play.run) {
  const told = release(seen, end, { now: play.now, expires: 9 });
  if (told.released) throw new Error('the run was released already');
  return told;
}

describe('a run that waits for others', () => {
  const submitted = (shape = shapes.chain, over: Partial<Submission> = {}) => {
    const play = dependent({ ...edges, ...over }, shape);
    const plan = { planOf: () => ({ attemptsMax: 3, leaseMs: minuteMs }), nameChild: () => p, delayMs: 0 };
    return submit({ ...play.run, shape, ...plan, ...over } as Submission, play.now);
  };

  it('is submitted without a doorbell, and looked at soon: it may not be known to them', () => {
    const { creation, dispatches } = submitted();
    expect(dispatches).toEqual([]);
    expect(creation.run).toMatchObject({ phase: 'active', ...edges });
    expect(submitted(shapes.awaitingForEver, { delayMs: 900_001 }).creation.run.at).toBe(
      creation.run.createdAt + minuteMs,
    );
  });

  it('is claimed by nobody, and shown as waiting', () => {
    const play = dependent();
    const { hash } = play.run;
    const command = { key: play.run, node: 'a' as NodeId, hash, nonce: 'n' as Nonce, worker: 'w' };
    const write = claim({ ...command, leaseUntil: play.now + minuteMs }, play.now, play.run.at);
    expect(refusedBy(play.run, write)).toEqual(['claim.released']);
    const late = { ...command, leaseUntil: play.now };
    expect(decideRefusedClaim(play.run, late, play.now, 1)).toEqual({ decision: 'drop', reason: 'Waiting' });
    expect(statusOf(play.run)).toBe('waiting');
    expect(doorbellsOf(play.run, play.now)).toEqual([]);
    const { waitsFor: _, ...free } = play.run;
    expect(doorbellsOf(free, play.now)).toHaveLength(1);
    expect(doorbellsOf({ ...free, phase: 'failed' }, play.now)).toEqual([]);
  });

  it('is made known to them again by each look, and never rung', () => {
    const play = dependent();
    expect(play.look()).toBeUndefined();
    for (const pauseMin of [1, 2, 4]) {
      play.now = play.run.at;
      expect(play.look()).toMatchObject({ relations: 'attach', dispatches: [] });
      expect(play.run.at - play.now).toBe(pauseMin * minuteMs);
    }
  });

  it('is ended by a cancel', () => {
    const play = dependent();
    play.write(requestCancel(play.run, graceful, play.now));
    play.look();
    expect(play.run.phase).toBe('cancelled');
    expect(release(play.run, done(p), { now: play.now, expires: 9 })).toEqual({ released: true });
  });
});

describe('an edge', () => {
  const parent = () => new Play(shapes.chain).run;
  const r = 'r' as RunId;
  const attached = (run: Run, id = r) => {
    const edge = attach(run, id);
    if (edge.attach !== 'write') throw new Error(`the edge was ${edge.attach}`);
    return edge.transition;
  };

  it('is made once', () => {
    const run = parent();
    const known = applyTransition(run, attached(run));
    expect(known).toMatchObject({ dependents: ['r'], rev: run.rev + 1, at: run.at });
    expect(known && attach(known, r)).toEqual({ attach: 'done' });
    expect(known && applyTransition(known, attached(known, q))?.dependents).toEqual(['q', 'r']);
    // As of two who attach the same one.
    expect(known && applyTransition(known, attached(run))?.dependents).toEqual(['r']);
  });

  it('keeps the one it leads to from ending unseen', () => {
    const play = new Play({ ...shapes.chain, body: shapes.chain.body.slice(0, 1) });
    const a = play.claim('a');
    const seen = play.run;
    const edge = attached(seen);
    play.write(edge);
    expect(() => play.end(a, value('1'), {}, seen)).toThrow('commit was refused');
    play.end(a, value('1'));
    expect(play.run).toMatchObject({ phase: 'ending', ended: 'succeeded', dependents: ['r'] });
    expect(refusedBy(play.run, edge)).toEqual(['attach.active']);
  });

  it.each(['ending', 'succeeded', 'failed', 'cancelled', 'skipped'] as const)(
    'is not made to a run that is %s: it is told at once',
    (phase) => expect(attach({ ...parent(), phase }, r)).toEqual({ attach: 'ended' }),
  );

  it('is made to a paused run, as long as that is paused', () => {
    const run: Run = { ...parent(), phase: 'paused' };
    expect(refusedBy(run, attached(run))).toEqual([]);
    expect(refusedBy({ ...run, phase: 'active' }, attached(run))).toEqual(['attach.active']);
  });

  it('is one of 256 at most, also where others came first', () => {
    const run = parent();
    const ids = Array.from({ length: 256 }, (_, index) => `run-${index}` as RunId);
    expect(attach({ ...run, dependents: ids }, r)).toEqual({ attach: 'full' });
    const almost = { ...run, dependents: ids.slice(1) };
    expect(refusedBy(almost, attached(almost))).toEqual([]);
    expect(refusedBy({ ...run, dependents: ids }, attached(almost))).toEqual(['attach.few']);
    expect(refusedBy({ ...run, schema: 2 }, attached(run))).toEqual(['attach.schema']);
  });
});

describe('a release', () => {
  it('of one among several leaves the run waiting, with the output', () => {
    const play = dependent();
    const { dispatches, transition } = released(play, done(p));
    play.write(transition);
    expect(dispatches).toEqual([]);
    expect(play.run).toMatchObject({
      waitsFor: ['q'],
      dependencies: { p: { as: 'first', output: { text: 'p' } }, q: {} },
      rev: 1,
    });
  });

  it('of the last one rings for what is ready', () => {
    const play = dependent(one);
    const { dispatches, transition } = released(play, done(p));
    play.write(transition);
    expect(play.run).not.toHaveProperty('waitsFor');
    expect(dispatches).toMatchObject([{ message: { node: 'a', hop: 0 }, delayMs: 0 }]);
    expect(play.run.at).toBeLessThanOrEqual(play.now + minuteMs);
    expect(play.claim('a').epoch).toBe(1);
  });

  it('of the last two, at once: the later one knows that it is the last', () => {
    const play = dependent();
    const seen = play.run;
    play.write(released(play, done(p), seen).transition);
    const second = released(play, done(q), seen);
    expect(refusedBy(play.run, second.transition)).toEqual(['release.rev']);
    expect(released(play, done(q)).dispatches).toMatchObject([{ message: { node: 'a' } }]);
  });

  it('without an output leaves the dependency as it was', () => {
    const play = dependent(one);
    play.write(released(play, { run: p, status: 'succeeded' }).transition);
    expect(play.run.dependencies).toEqual({ p: {} });
  });

  it('brings the look forward to when the run can begin', () => {
    const late = dependent({ ...one, delayMs: 20 * minuteMs });
    late.run = { ...late.run, at: late.now + 30 * minuteMs };
    const { dispatches, transition } = released(late, done(p));
    late.write(transition);
    expect(dispatches).toEqual([]);
    expect(late.run.at).toBe(late.now + 20 * minuteMs);
    // As far off as a message can be sent for.
    const soon = dependent({ ...one, delayMs: 15 * minuteMs });
    soon.run = { ...soon.run, at: soon.now + 30 * minuteMs };
    const rung = released(soon, done(p));
    soon.write(rung.transition);
    expect(rung.dispatches).toMatchObject([{ delayMs: 15 * minuteMs }]);
    expect(soon.run.at).toBe(soon.now + 16 * minuteMs);
    expect(doorbellsOf(soon.run, soon.now)).toEqual(rung.dispatches);
    expect(doorbellsOf(soon.run, soon.now - 1)).toEqual([]);
  });

  it('lets the timeouts begin: nobody could have answered before', () => {
    const play = dependent(one, shapes.awaiting);
    play.now += 10 * minuteMs;
    play.run = { ...play.run, at: play.now + 15 * minuteMs };
    const { dispatches, transition } = released(play, done(p));
    play.write(transition);
    expect(dispatches).toEqual([]);
    expect(play.node('s')).toMatchObject({
      status: 'waiting',
      notBefore: play.now,
      signal: { until: play.now + 2 * minuteMs },
    });
    expect(play.run.at).toBe(play.now + 2 * minuteMs);
  });

  it('lets them begin only after the delay of the run', () => {
    const play = dependent({ ...one, delayMs: 10 * minuteMs }, shapes.awaiting);
    const before = play.node('s');
    play.write(released(play, done(p)).transition);
    expect(play.node('s')).toEqual(before);
  });

  it('leaves a signal without a timeout as it is', () => {
    const forEver = { kind: 'signal', id: 's', signal: 's' } as const;
    const play = dependent(one, { kind: 'workflow', name: 'w', body: [forEver] });
    play.now += minuteMs;
    play.write(released(play, done(p)).transition);
    expect(play.node('s')).toMatchObject({ notBefore: play.now, signal: { name: 's' } });
    expect(play.node('s')?.signal).not.toHaveProperty('until');
  });

  it('rings for nothing while the run is about to be paused, or is', () => {
    const pausing = dependent(one);
    pausing.write(requestPause(pausing.run, graceful, pausing.now));
    expect(released(pausing, done(p)).dispatches).toEqual([]);
    const paused = dependent(one);
    paused.run = { ...paused.run, phase: 'paused', at: 1 };
    const { dispatches, transition } = released(paused, done(p));
    paused.write(transition);
    expect([dispatches, paused.run.at, paused.run.waitsFor]).toEqual([[], 1, undefined]);
  });

  it.each([
    ['is not there', undefined],
    ['has ended', { phase: 'cancelled' }],
    ['ends', { phase: 'ending' }],
    ['waits for another one', { waitsFor: [q] }],
    ['waits for none', { waitsFor: undefined }],
  ] as const)('of a run that %s is done', (_, over) => {
    const run = over && ({ ...dependent(one).run, ...over } as Run);
    expect(release(run, done(p), { now: 1, expires: 9 })).toEqual({ released: true });
  });

  it('is refused where the run is not as it was seen', () => {
    const play = dependent(one);
    for (const [name, end] of [
      ['release', done(p)],
      ['failDependent', { run: p, status: 'failed' } as const],
    ] as const) {
      const { transition } = released(play, end);
      expect(refusedBy(play.run, transition)).toEqual([]);
      expect(refusedBy({ ...play.run, schema: 2 }, transition)).toEqual([`${name}.schema`]);
      expect(refusedBy({ ...play.run, phase: 'paused' }, transition)).toEqual([`${name}.active`]);
      expect(refusedBy({ ...play.run, rev: 1 }, transition)).toEqual([`${name}.rev`]);
    }
    const { transition } = released(play, done(p));
    expect(refusedBy({ ...play.run, at: play.now + 2 * minuteMs }, transition)).toEqual([
      'release.lookInTime',
    ]);
  });
});

describe('a run whose dependency did not succeed', () => {
  it.each([
    ['failed', 'DependencyFailed', 'has failed'],
    ['cancelled', 'DependencyFailed', 'has been cancelled'],
    ['skipped', 'DependencyFailed', 'has been skipped'],
    ['missing', 'DependencyMissing', 'is not there any more'],
  ] as const)('(%s) fails without having begun', (status, code, said) => {
    const play = dependent();
    play.write(released(play, { run: p, status }).transition);
    expect(play.run).toMatchObject({
      phase: 'failed',
      failure: { type: code, code, message: `Run p, on which this one depends, ${said}`, attempt: 0 },
      nodes: { a: { status: 'skipped', endedAt: play.now } },
      expires: 9,
    });
    expect(play.run).not.toHaveProperty('result');
    expect(decideRefusedClaim(play.run, { node: 'a' } as never, play.now, 1)).toMatchObject({
      decision: 'drop',
    });
  });

  it('is skipped where that was asked for, and tells those that wait for it', () => {
    const dependents = ['r2' as RunId];
    const play = dependent({ ...one, onDependencyFailure: 'skip', dependents });
    const { dispatches, transition } = released(play, { run: p, status: 'failed' });
    play.write(transition);
    expect(dispatches).toEqual([]);
    expect(play.run).toMatchObject({ phase: 'ending', ended: 'skipped', at: play.now + minuteMs });
    expect(statusOf(play.run)).toBe('skipped');
  });

  it('leaves a single task skipped, too', () => {
    const play = dependent(one, taskShape);
    play.write(released(play, { run: p, status: 'failed' }).transition);
    expect(play.run).toMatchObject({ phase: 'failed', nodes: { task: { status: 'skipped' } } });
  });
});
