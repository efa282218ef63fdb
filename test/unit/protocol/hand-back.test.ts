import { expect, it } from 'vitest';
import type { Nonce } from '../../../lib/model/ids.ts';
import { type Run, soleNode } from '../../../lib/model/run.ts';
import { requestCancel } from '../../../lib/protocol/control.ts';
import { giveWay, retryLater, yieldNode } from '../../../lib/protocol/hand-back.ts';
import { look } from '../../../lib/protocol/look.ts';
import { applyTransition } from '../../../lib/testing/apply-transition.ts';
import { leasedNode, sampleRun, start } from '../../support/sample-run.ts';

const held = sampleRun({ epoch: 1, nodes: { [soleNode]: leasedNode } });
const fence = { node: soleNode, epoch: 1, nonce: 'nonce-1' as Nonce };
const hop = { now: start, hop: 0, hopLimit: 64 };
const failure = { type: 'Error', message: 'failed', attempt: 1 };

const handBacks = (run: Run) => [
  retryLater(run, fence, { failure, delayMs: 0, ...hop }).transition,
  yieldNode(run, fence, { checkpoint: undefined, ...hop }).transition,
];

it('a hand-back is decided again when a cancel came: nobody else would end the run before its lease does', () => {
  const cancelled = applyTransition(held, requestCancel(held, { mode: 'graceful' }, start));
  expect(cancelled).toBeDefined();
  for (const transition of handBacks(held)) {
    expect(applyTransition(held, transition)?.nodes[soleNode]?.status).toBe('ready');
    expect(cancelled && applyTransition(cancelled, transition)).toBeUndefined();
  }
});

it('a hand-back of a run that is known to be paused is applied', () => {
  const paused: Run = { ...held, control: { kind: 'pause', mode: 'graceful', since: start } };
  for (const transition of handBacks(paused)) expect(applyTransition(paused, transition)).toBeDefined();
});

it('a run that is about to be paused is looked at when its node is handed back, not when that would begin', () => {
  const paused: Run = {
    ...held,
    at: start + 20_000,
    control: { kind: 'pause', mode: 'graceful', since: start },
  };
  const { dispatches, transition } = retryLater(paused, fence, { failure, delayMs: 10_000, ...hop });
  expect(dispatches).toEqual([]);
  expect(applyTransition(paused, transition)?.at).toBe(start);
});

it('what waits for a slot asks again after as long as it has waited, from a minute to fifteen', () => {
  const minutes = [0, 0.5, 1, 4, 14, 20, 600].map((waited) => {
    const limited = { name: 'limit', key: '', since: start - waited * 60_000, attempt: 1 };
    const { dispatches, transition } = giveWay({ ...held, at: start + 3_600_000 }, fence, {
      limited,
      ...hop,
    });
    const run = applyTransition({ ...held, at: start + 3_600_000 }, transition);
    const until = run?.nodes[soleNode]?.limited?.until ?? 0;
    // It is looked at then, and nobody rings it before.
    expect([run?.at, dispatches]).toEqual([until, []]);
    return (until - start) / 60_000;
  });
  expect(minutes).toEqual([1, 1, 1, 4, 14, 15, 15]);
});

it('a permit is used up by the attempt that it was for, however that ends', () => {
  const limited = { name: 'limit', key: '', since: start, until: start, permit: start, attempt: 1 };
  const begun: Run = { ...held, nodes: { [soleNode]: { ...leasedNode, limited } } };
  for (const transition of handBacks(begun))
    expect(applyTransition(begun, transition)?.nodes[soleNode]).not.toHaveProperty('limited');
});

it('one that has a permit is rung for its time, and looked at like any other', () => {
  const limited = { name: 'limit', key: '', since: start, permit: start + 10_000, attempt: 1 };
  const { dispatches, transition } = giveWay(held, fence, { limited, ...hop });
  expect(dispatches).toMatchObject([{ delayMs: 10_000 }]);
  const waiting = applyTransition(held, transition);
  const at = start + 100_000;
  const options = { now: at, lookaheadMs: 60_000, repeatDoorbells: true, expires: 1 };
  expect(waiting && look({ ...waiting, at }, options)?.dispatches).toHaveLength(1);
});
