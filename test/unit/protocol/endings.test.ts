import { describe, expect, it } from 'vitest';
import type { RunId } from '../../../lib/model/ids.ts';
import { type Run, type RunNode, soleNode, statusOf, type TerminalStatus } from '../../../lib/model/run.ts';
import { claim, decideRefusedClaim } from '../../../lib/protocol/claim.ts';
import { decideCancel } from '../../../lib/protocol/control.ts';
import { endNode, endRun, liveChildren } from '../../../lib/protocol/end.ts';
import { dutiesOf, leave } from '../../../lib/protocol/leave.ts';
import { look } from '../../../lib/protocol/look.ts';
import { readRefusedWrite } from '../../../lib/protocol/refused-write.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { Play, refusedBy, value } from '../../support/play.ts';
import { leasedNode, readyNode, sampleRun, start } from '../../support/sample-run.ts';
import * as shapes from '../../support/workflow-shapes.ts';

const minuteMs = 60_000;
const now = start + 1_000;
const dependents = ['d1', 'd2'] as RunId[];
const parent = { run: 'p' as RunId, node: soleNode };
const looking = { lookaheadMs: minuteMs, repeatDoorbells: true, expires: 9 };

/** The run as it is after its end. */
function ended(run: Run, status: TerminalStatus, by = soleNode): Run {
  const updates = endRun(run, status, { by, now, expires: 9 });
  const next = applyTransition(run, { name: 'end', key: run, guards: [], updates });
  if (!next) throw new Error('a write without guards is applied');
  return next;
}

const withChild = (over: Partial<RunNode> = {}, child = {}) =>
  sampleRun({
    nodes: { [soleNode]: { ...readyNode, ...over, child: { run: 'c' as RunId, ...child } } as RunNode },
  });

describe('a run that ends', () => {
  it('leaves by the same write where it owes nothing', () => {
    const run = ended(sampleRun(), 'succeeded');
    expect(run).toMatchObject({ phase: 'succeeded', at: now, endedAt: now, expires: 9, rev: 1 });
    for (const absent of ['ended', 'result']) expect(run).not.toHaveProperty(absent);
  });

  it.each([
    ['others wait for it', { dependents }],
    ['it stands for a node of another', { parent }],
    ['a child of it lives', withChild()],
    ['it is counted among the open ones', { counted: true as const }],
  ])('stays to be looked at where %s', (_, over) => {
    const run = ended({ ...sampleRun(), looks: 5, ...over }, 'failed');
    expect(run).toMatchObject({
      phase: 'ending',
      ended: 'failed',
      at: now + minuteMs,
      endedAt: now,
      looks: 0,
      rev: 1,
    });
    expect(run).not.toHaveProperty('expires');
    expect(statusOf(run)).toBe('failed');
  });

  it('names the node that ended it, where there are several', () => {
    const run = sampleRun({ kind: 'workflow' });
    expect(ended(run, 'succeeded')).toMatchObject({ result: soleNode });
    const write = {
      name: 'end',
      key: run,
      guards: [],
      updates: endRun(run, 'cancelled', { now, expires: 9 }),
    };
    expect(applyTransition(run, write)).not.toHaveProperty('result');
  });

  it('owes nothing to children that have ended, and when cancelled to none', () => {
    expect(ended(withChild({}, { status: 'failed' }), 'failed').phase).toBe('failed');
    expect(ended(withChild({ status: 'succeeded' } as never), 'failed').phase).toBe('failed');
    expect(ended(withChild(), 'cancelled').phase).toBe('cancelled');
    expect(liveChildren(withChild({ status: 'failed' } as never))).toEqual(['c']);
  });
});

describe('a node that ends', () => {
  const run = sampleRun({ nodes: { [soleNode]: { ...leasedNode, checkpoint: { text: '1' } } } });
  const after = (updates: ReturnType<typeof endNode>) =>
    applyTransition(run, { name: 'end', key: run, guards: [], updates })?.nodes[soleNode];

  it.each(['cancelled', 'skipped'] as const)('%s keeps what it had come to, without a lease', (status) => {
    const node = after(endNode(soleNode, { status }, now));
    expect(node).toMatchObject({ status, endedAt: now, checkpoint: { text: '1' } });
    expect(node).not.toHaveProperty('lease');
  });

  it('well leaves nothing behind of the attempts before', () => {
    const failure = { type: 'Error', message: 'no', attempt: 1 };
    const held = { ...leasedNode, failure, checkpoint: { text: '1' } };
    const tried = sampleRun({ nodes: { [soleNode]: held } });
    const updates = endNode(soleNode, { status: 'succeeded', output: { text: '2' }, cached: false }, now);
    const node = applyTransition(tried, { name: 'end', key: tried, guards: [], updates })?.nodes[soleNode];
    expect(node).toMatchObject({ status: 'succeeded', output: { text: '2' }, endedAt: now });
    for (const gone of ['lease', 'failure', 'checkpoint', 'cached', 'decision'])
      expect(node).not.toHaveProperty(gone);
  });
});

describe('a run that ends and owes something', () => {
  const ending = () => ended({ ...withChild(), dependents, parent }, 'failed');

  it('names its duties', () => {
    expect(dutiesOf(ending())).toEqual({ release: ['d1', 'd2'], notify: parent, cancel: ['c'], deliver: [] });
    expect(dutiesOf(ended(sampleRun({ parent }), 'succeeded'))).toEqual({
      release: [],
      notify: parent,
      cancel: [],
      deliver: [],
    });
    const deliverTo = [{ webhook: 'https://example.com' }, { queue: 'results' }];
    const told = ended(sampleRun({ deliverTo }), 'succeeded');
    expect(told).toMatchObject({ phase: 'ending', ended: 'succeeded' });
    expect(dutiesOf(told)).toEqual({ release: [], notify: undefined, cancel: [], deliver: deliverTo });
    // Its children have ended before it.
    expect(dutiesOf(ended({ ...withChild(), parent }, 'cancelled')).cancel).toEqual([]);
  });

  it('is looked at again until they are done, by one discovery at a time', () => {
    let run = ending();
    expect(look(run, { ...looking, now })).toBeUndefined();
    for (const pauseMin of [1, 2, 4]) {
      const at = run.at;
      const planned = look(run, { ...looking, now: at });
      expect(planned).toMatchObject({ relations: 'discharge', dispatches: [] });
      const next = planned && applyTransition(run, planned.transition);
      if (!planned || !next) throw new Error('the look must be applied');
      expect(refusedBy(next, planned.transition)).toEqual(['look.at']);
      expect(refusedBy({ ...run, phase: 'failed' }, planned.transition)).toEqual(['look.active']);
      run = next;
      expect(run.at - at).toBe(pauseMin * minuteMs);
    }
  });

  it('leaves once they are done, as it ended and at the time at which it did', () => {
    const run = ending();
    const write = leave(run, 12);
    expect(write).not.toHaveProperty('givesBack');
    expect(leave({ ...run, counted: true }, 12)).toEqual({
      ...write,
      key: { ...run, counted: true },
      givesBack: true,
    });
    expect(refusedBy(run, write)).toEqual([]);
    const left = applyTransition(run, write);
    expect(left).toMatchObject({ phase: 'failed', at: now, expires: 12, rev: run.rev + 1 });
    expect(left).not.toHaveProperty('ended');
    expect(left && refusedBy(left, write)).toEqual(['leave.active', 'leave.rev']);
    expect(refusedBy({ ...run, schema: 2 }, write)).toEqual(['leave.schema']);
    expect(refusedBy({ ...run, phase: 'failed' }, write)).toEqual(['leave.active']);
    expect(refusedBy({ ...run, rev: 9 }, write)).toEqual(['leave.rev']);
  });

  it('is over for everybody else', () => {
    const play = new Play(shapes.chain, {}, { parent });
    const [first] = [play.claim('a')];
    play.end(first, { status: 'failed', failure: { type: 'Error', message: 'no', attempt: 1 } });
    expect(play.run).toMatchObject({ phase: 'ending', ended: 'failed', result: 'a' });
    const { hash, run, tenant } = play.run;
    const node = first.node;
    const command = {
      key: { run, tenant },
      node,
      hash,
      nonce: first.nonce,
      worker: 'w',
      leaseUntil: play.now,
    };
    expect(refusedBy(play.run, claim(command, play.now, play.run.at))).toContain('claim.active');
    expect(decideRefusedClaim(play.run, command, play.now, 1)).toEqual({
      decision: 'drop',
      reason: 'Finished',
    });
    expect(decideCancel(play.run, { mode: 'abort' }, 1)).toMatchObject({ because: 'AlreadyFinished' });
    expect(readRefusedWrite(play.run, first, 'failed').now).toBe('done');
    expect(() => play.end(first, value('1'))).toThrow('commit was refused');
  });
});
