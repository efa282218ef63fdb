import { describe, expect, it } from 'vitest';
import type { DefinitionHash, NodeId, Nonce, RunId, TenantId } from '../../../lib/model/ids.ts';
import { type Control, type LeasedNode, type Run, type RunNode, soleNode } from '../../../lib/model/run.ts';
import { backoff } from '../../../lib/protocol/backoff.ts';
import { finaliseCancel } from '../../../lib/protocol/cancel.ts';
import { type ClaimCommand, claim, decideRefusedClaim, takeOver } from '../../../lib/protocol/claim.ts';
import { commit } from '../../../lib/protocol/commit.ts';
import { decideCancel } from '../../../lib/protocol/control.ts';
import { exhaust } from '../../../lib/protocol/exhaust.ts';
import { yieldNode } from '../../../lib/protocol/hand-back.ts';
import { look, lookAtUnreadable } from '../../../lib/protocol/look.ts';
import { isQuiet } from '../../../lib/protocol/quiet.ts';
import { readRefusedWrite } from '../../../lib/protocol/refused-write.ts';
import { type Submission, submit } from '../../../lib/protocol/submit.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { taskCommit, taskShape } from '../../support/task-shape.ts';

const now = 1_000_000;
const expires = 2_000;
const key = { tenant: '-' as TenantId, run: 'r' as RunId };
const mine = { node: soleNode, epoch: 1, nonce: 'mine' as Nonce };
const command: ClaimCommand = {
  key,
  node: soleNode,
  hash: 'h' as DefinitionHash,
  nonce: 'mine' as Nonce,
  worker: 'w',
  leaseUntil: now + 60_000,
};

function aRun(node: Partial<LeasedNode> | { status: RunNode['status'] }, over: Partial<Run> = {}): Run {
  const { run } = submit(submission, now).creation;
  return { ...run, ...over, nodes: { [soleNode]: { ...run.nodes[soleNode], ...node } as RunNode } };
}

const submission: Submission = {
  ...key,
  kind: 'task',
  name: 't',
  hash: 'h' as DefinitionHash,
  submission: 's',
  input: { text: '1' },
  pool: 'default',
  priority: 'normal',
  tags: [],
  shape: taskShape,
  planOf: () => ({ attemptsMax: 3, leaseMs: 60_000 }),
  delayMs: 0,
  nameChild: () => 'child' as RunId,
};

const leased = (until: number, over: Partial<LeasedNode> = {}) => ({
  status: 'running' as const,
  epoch: 1,
  attempt: 1,
  startedAt: now,
  lease: { nonce: 'other' as Nonce, until },
  ...over,
});
const cancel: Control = { kind: 'cancel', mode: 'graceful', since: now };
const pause: Control = { ...cancel, kind: 'pause' };

describe('a refused claim', () => {
  it.each([
    ['a missing run', undefined, { decision: 'drop', reason: 'NotFound' }],
    [
      'a finished run',
      aRun({ status: 'succeeded' }, { phase: 'succeeded' }),
      { decision: 'drop', reason: 'Finished' },
    ],
    ['a paused run', aRun({}, { phase: 'paused' }), { decision: 'drop', reason: 'Paused' }],
    ['a run being cancelled', aRun({}, { control: cancel }), { decision: 'drop', reason: 'Cancelled' }],
    ['a run being paused', aRun({}, { control: pause }), { decision: 'drop', reason: 'Paused' }],
    ['another definition', aRun({}, { hash: 'x' as DefinitionHash }), { decision: 'mismatch' }],
    ['a node that is not there', { ...aRun({}), nodes: {} }, { decision: 'drop', reason: 'NoSuchNode' }],
    ['a node not yet due', aRun({ notBefore: now + 7 }), { decision: 'defer', delayMs: 7 }],
    ['a node that became free', aRun({}), { decision: 'again', seenAt: now + 60_000 }],
    ['a finished node', aRun({ status: 'succeeded' }), { decision: 'drop', reason: 'Finished' }],
    ['a live lease', aRun(leased(now + 1)), { decision: 'drop', reason: 'Leased' }],
    ['a lease within the grace', aRun(leased(now - 5_000)), { decision: 'drop', reason: 'Leased' }],
  ])('by %s', (_what, run, decision) => {
    expect(decideRefusedClaim(run, command, now, expires)).toEqual(decision);
  });

  it('that went through after all is held', () => {
    const run = aRun(leased(now + 1, { lease: { nonce: command.nonce, until: now + 1 } }));
    expect(decideRefusedClaim(run, command, now, expires)).toEqual({ decision: 'hold', run });
  });

  it('by an abandoned lease is a takeover, or the end on the last attempt', () => {
    const abandoned = aRun(leased(now - 5_001));
    expect(decideRefusedClaim(abandoned, command, now, expires)).toMatchObject({ decision: 'takeOver' });
    const last = aRun(leased(now - 5_001, { attempt: 3, worker: 'w' }));
    expect(decideRefusedClaim(last, command, now, expires)).toMatchObject({ decision: 'exhaust' });
  });
});

describe('a refused write of a holder', () => {
  const ended = (status: string, over: object = {}) => aRun({ status, epoch: 1, ...over } as never);
  it.each([
    ['the run is gone', undefined, 'lost'],
    ['the node is gone', { ...aRun({}), nodes: {} }, 'lost'],
    ['another epoch', aRun(leased(now, { epoch: 2 })), 'lost'],
    ['another nonce under my epoch', aRun(leased(now)), 'lost'],
    ['my nonce', aRun(leased(now, { lease: { nonce: mine.nonce, until: now } })), 'mine'],
    ['the node ended as I wrote it', ended('failed', { failure: { type: 'Error' } }), 'done'],
    ['the node ended otherwise', ended('cancelled'), 'lost'],
    ['discovery ended it for me', ended('failed', { failure: { code: 'WorkerLost' } }), 'lost'],
  ])('%s: %s', (_what, run, expected) => {
    expect(readRefusedWrite(run, mine, 'failed').now).toBe(expected);
  });

  it('a holder whose run ended by another node has lost its own, though nobody took it', () => {
    const held = leased(now, { lease: { nonce: mine.nonce, until: now + 20_000 } });
    const dead = aRun(held, { phase: 'failed' });
    expect(readRefusedWrite(dead, mine, 'ready').now).toBe('lost');
    expect(readRefusedWrite(dead, mine).now).toBe('lost');
  });

  it('a renewal that finds its node ended has lost it', () => {
    expect(readRefusedWrite(ended('succeeded'), mine).now).toBe('lost');
  });
});

it('a node is given up for the lease that was seen, not for a later one of a loop under the same epoch', () => {
  const last = leased(now - 6_000, { attempt: 3, attemptsMax: 3 });
  const seen = aRun(last);
  const held = seen.nodes[soleNode] as LeasedNode;
  const write = exhaust(seen, soleNode, held, now, expires);
  const later = aRun({ ...last, attempt: 1, lease: { ...held.lease, nonce: 'later' as Nonce } });
  expect(applyTransition(seen, write)?.phase).toBe('failed');
  expect(applyTransition(later, write)).toBeUndefined();
});

describe('a refused cancel', () => {
  it.each([
    [undefined, 'NotFound'],
    [aRun({}, { control: cancel }), 'AlreadyCancelled'],
    [aRun({}, { phase: 'cancelled' }), 'AlreadyCancelled'],
    [aRun({}, { phase: 'succeeded' }), 'AlreadyFinished'],
  ])('%#', (run, because) => {
    const decided = decideCancel(run, { mode: 'graceful' }, now);
    expect(decided).toEqual({ decision: 'refuse', because });
  });
});

describe('the end of a cancelled run', () => {
  it('is refused when a renewal came between', () => {
    const seen = aRun(leased(now - 6_000), { control: cancel });
    const renewed = aRun(leased(now + 20_000), { control: cancel });
    expect(isQuiet(seen, now)).toBe(true);
    const write = finaliseCancel(seen, now, expires);
    expect(applyTransition(seen, write)?.phase).toBe('cancelled');
    expect(applyTransition(renewed, write)).toBeUndefined();
  });

  it('leaves finished nodes as they are', () => {
    const run = aRun({ status: 'succeeded' }, { control: cancel });
    expect(applyTransition(run, finaliseCancel(run, now, expires))?.nodes[soleNode]?.status).toBe(
      'succeeded',
    );
  });
});

describe('a commit', () => {
  it.each([
    ['unfenced by epoch', aRun(leased(now, { epoch: 2, lease: { nonce: mine.nonce, until: now } }))],
    ['unfenced by nonce', aRun(leased(now))],
    ['on a run that changed', { ...held(), rev: 1 }],
    ['on a run that has ended', { ...held(), phase: 'failed' as const }],
    ['on a node handed back', aRun({ status: 'ready', epoch: 1 } as never)],
    ['on an item of a newer schema', { ...held(), schema: 2 }],
  ])('%s is refused', (_what, run) => {
    const ending = { status: 'succeeded' as const, output: { text: '1' }, cached: false };
    const write = commit(held(), mine, ending, taskCommit(now, expires)).transition;
    expect(applyTransition(held(), write)).toMatchObject({
      phase: 'succeeded',
      expires,
      endedAt: now,
      at: now,
    });
    expect(applyTransition(run, write)).toBeUndefined();
  });

  function held(): Run {
    return aRun(leased(now, { lease: { nonce: mine.nonce, until: now } }));
  }
});

describe('a yield', () => {
  it('gives the attempt back and keeps the checkpoint', () => {
    const run = aRun(leased(now, { lease: { nonce: mine.nonce, until: now } }));
    const step = yieldNode(run, mine, { checkpoint: { text: '7' }, now, hop: 63, hopLimit: 64 });
    expect(applyTransition(run, step.transition)?.nodes[soleNode]).toMatchObject({
      status: 'ready',
      attempt: 0,
      epoch: 1,
      checkpoint: { text: '7' },
    });
    // Beyond the hop limit nobody is sent for: discovery must look at once.
    expect(step.dispatches).toEqual([]);
    expect(applyTransition(run, step.transition)?.at).toBe(now);
  });
});

it('a yield without a checkpoint keeps the one before', () => {
  const run = aRun(leased(now, { lease: { nonce: mine.nonce, until: now }, checkpoint: { text: '6' } }));
  const step = yieldNode(run, mine, { checkpoint: undefined, now, hop: 0, hopLimit: 64 });
  expect(applyTransition(run, step.transition)?.nodes[soleNode]).toMatchObject({ checkpoint: { text: '6' } });
  expect(step).toMatchObject({ dispatches: [{ message: { hop: 1 } }] });
});

describe('the look that a lease needs', () => {
  const short = { ...command, leaseUntil: now + 10_000 };
  const needAt = now + 15_001;

  it('comes with the claim: one that is too late refuses it, and the next try brings it forward', () => {
    const run = aRun({}, { at: now + 900_000 });
    expect(applyTransition(run, claim(short, now))).toBeUndefined();
    expect(decideRefusedClaim(run, short, now, expires)).toEqual({ decision: 'again', seenAt: run.at });
    expect(applyTransition(run, claim(short, now, run.at))?.at).toBe(needAt);
  });

  it('is never put off', () => {
    const run = aRun({}, { at: now + 1 });
    expect(applyTransition(run, claim(short, now))?.at).toBe(now + 1);
    expect(applyTransition(run, claim(short, now, now + 900_000))).toBeUndefined();
  });

  it('comes with a takeover', () => {
    const seen = leased(now - 6_000);
    const run = aRun(seen, { at: now + 900_000 });
    const node = run.nodes[soleNode] as LeasedNode;
    expect(applyTransition(run, takeOver(short, node, run.at, now))?.at).toBe(needAt);
    expect(applyTransition({ ...run, at: now }, takeOver(short, node, run.at, now))).toBeUndefined();
  });

  it('is set by the submission early enough for the first lease', () => {
    const at = (leaseMs: number, delayMs = 0) =>
      submit({ ...submission, planOf: () => ({ attemptsMax: 3, leaseMs }), delayMs }, now).creation.run.at -
      now;
    expect([at(1_000), at(60_000), at(1_000, 10_000)]).toEqual([6_001, 60_000, 16_001]);
    expect(at(1_000, 1_000_000)).toBe(1_000_000);
  });
});

describe('a look', () => {
  const options = { now, lookaheadMs: 60_000, repeatDoorbells: true, expires };

  it('at a finished run does nothing', () => {
    expect(look(aRun({}, { phase: 'succeeded', at: now }), options)).toBeUndefined();
  });

  it('at a cancelled run on which somebody works waits, or does nothing before its time', () => {
    const run = aRun(leased(now + 10_000), { control: cancel, at: now });
    const write = look(run, options)?.transition;
    expect(write && applyTransition(run, write)?.at).toBe(now + 15_001);
    expect(look({ ...run, at: now + 1 }, options)).toBeUndefined();
  });

  it('at a run whose nodes need nothing looks again the next day', () => {
    const run = aRun({ status: 'succeeded' }, { at: now });
    const write = look(run, options)?.transition;
    expect(write && applyTransition(run, write)?.at).toBe(now + 86_400_000);
  });

  it('at a timer beyond the look-ahead moves to it', () => {
    const run = aRun({ notBefore: now + 120_000 }, { at: now });
    const planned = look(run, options);
    expect(planned?.dispatches).toEqual([]);
    expect(planned && applyTransition(run, planned.transition)?.at).toBe(now + 120_000);
  });

  it('is refused when another look or write came first', () => {
    const run = aRun({}, { at: now });
    const write = look(run, options)?.transition;
    expect(write && applyTransition({ ...run, at: now + 1 }, write)).toBeUndefined();
    expect(write && applyTransition({ ...run, rev: 1 }, write)).toBeUndefined();
  });

  it('at an unreadable run only moves it', () => {
    const run = { ...aRun({}, { at: now, schema: 9 }) };
    expect(lookAtUnreadable({ ...run, at: now + 1 }, now)).toBeUndefined();
    const write = lookAtUnreadable(run, now)?.transition;
    expect(write && applyTransition(run, write)).toEqual({ ...run, at: now + 30_000 });
  });
});

describe('back-off', () => {
  const policy = { backoffMs: 1_000, factor: 2, maxBackoffMs: 60_000 };
  it('doubles its bound up to the cap, and is drawn from the whole of it', () => {
    expect([1, 2, 3, 7, 50].map((attempt) => backoff(policy, attempt, 0.999_999))).toEqual([
      999, 1_999, 3_999, 59_999, 59_999,
    ]);
    expect(backoff(policy, 3, 0)).toBe(0);
  });
});

it('an update of a path whose parent is missing is a fault', () => {
  const transition = {
    name: 'x',
    key,
    guards: [],
    updates: [{ set: ['nodes', 'none' as NodeId, 'status'], value: 1 }],
  };
  expect(() => applyTransition(aRun({}), transition)).toThrow(/no parent/);
});
