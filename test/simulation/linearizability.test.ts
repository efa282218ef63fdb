import { describe, expect, it } from 'vitest';
import type { LeaseAnswer, LeaseEvent, LeaseRequest } from '../../lib/testing/lease-history.ts';
import { findUnlinearizable } from '../../lib/testing/linearizability.ts';

type Short = readonly [
  owner: string,
  sentAt: number,
  answeredAt: number,
  request: LeaseRequest,
  answer: LeaseAnswer,
  node?: string,
];
const history = (...events: Short[]): LeaseEvent[] =>
  events.map(([owner, sentAt, answeredAt, request, answer, node = 'n']) => ({
    node,
    owner,
    sentAt,
    answeredAt,
    request,
    answer,
  }));

const claim = (until: number): LeaseRequest => ({ asks: 'claim', until });
const renew = (epoch: number, until: number): LeaseRequest => ({ asks: 'renew', epoch, until });
const commit = (epoch: number, output = '1'): LeaseRequest => ({
  asks: 'commit',
  epoch,
  status: 'succeeded',
  output,
});
const release = (epoch: number): LeaseRequest => ({ asks: 'release', epoch });
const exhaust: LeaseRequest = { asks: 'end', status: 'failed' };
const read: LeaseRequest = { asks: 'read' };
const granted: LeaseAnswer = { answer: 'granted' };
const epoch = (number: number): LeaseAnswer => ({ answer: 'granted', epoch: number });
const refused = (because: string): LeaseAnswer => ({ answer: 'refused', because });
const none: LeaseAnswer = { answer: 'none' };
const seen = (number: number, status: 'ready' | 'running' | 'succeeded' | 'failed', output?: string) =>
  ({ answer: 'seen', epoch: number, status, ...(output !== undefined && { output }) }) satisfies LeaseAnswer;
/** Claimed by a from 1 to 2, until 100. */
const held: Short = ['a', 1, 2, claim(100), epoch(1)];

const good: Record<string, LeaseEvent[]> = {
  'nothing happened': [],
  'claim, renewal, commit, and what is read then': history(
    held,
    ['a', 30, 31, renew(1, 130), granted],
    ['a', 40, 41, commit(1), granted],
    ['r', 50, 51, read, seen(1, 'succeeded', '1')],
  ),
  'two contenders, one lease': history(held, ['b', 1, 3, claim(100), refused('Leased')]),
  'the later one wins of two at the same time': history(
    ['a', 1, 9, claim(100), refused('Leased')],
    ['b', 2, 5, claim(100), epoch(1)],
  ),
  'a takeover, and the zombie is refused': history(
    held,
    ['b', 110, 111, claim(200), epoch(2)],
    ['a', 112, 113, commit(1), refused('NotHolder')],
    ['b', 120, 121, commit(2), granted],
  ),
  'a retry, and another attempt': history(
    held,
    ['a', 10, 11, release(1), granted],
    ['b', 12, 13, claim(100), epoch(2)],
    ['b', 14, 15, commit(2), granted],
  ),
  'a claim whose response was lost, and found out': history(
    ['a', 1, 0, claim(100), none],
    ['a', 5, 6, claim(100), refused('Leased')],
    ['a', 10, 11, commit(1), granted],
  ),
  'a claim that never arrived': history(['a', 1, 0, claim(100), none], ['b', 5, 6, claim(100), epoch(1)]),
  'a claim that arrives after the retry that followed it': history(
    ['a', 1, 0, claim(300), none],
    ['a', 3, 4, claim(100), epoch(1)],
    ['a', 5, 6, release(1), granted],
    ['r', 50, 51, read, seen(2, 'running')],
  ),
  'a commit without an answer that was applied': history(
    held,
    ['a', 10, 0, commit(1), none],
    ['b', 200, 201, claim(300), refused('Finished')],
  ),
  'a commit without an answer that was not': history(
    held,
    ['a', 10, 0, commit(1), none],
    ['b', 200, 201, claim(300), epoch(2)],
  ),
  'exhausted after its lease': history(
    held,
    ['d', 110, 111, exhaust, granted],
    ['r', 120, 121, read, seen(1, 'failed')],
  ),
  'a refusal that says nothing of the lease': history(
    ['b', 0, 1, claim(9), refused('NotYetDue')],
    ['a', 3, 4, claim(100), epoch(1)],
  ),
  'two nodes do not mix': history(held, ['b', 3, 4, claim(100), epoch(1), 'm']),
};

const bad: Record<string, LeaseEvent[]> = {
  'two holders at a time': history(held, ['b', 3, 4, claim(100), epoch(2)]),
  'one epoch for two': history(held, ['b', 110, 111, claim(200), epoch(1)]),
  'an epoch left out': history(held, ['b', 110, 111, claim(200), epoch(3)]),
  'an epoch from before': history(
    held,
    ['b', 110, 111, claim(200), epoch(2)],
    ['c', 210, 211, claim(300), epoch(2)],
  ),
  'a first epoch of 0': history(['a', 1, 2, claim(100), epoch(0)]),
  'a takeover on the last moment of the lease': history(held, ['b', 99, 100, claim(200), epoch(2)]),
  'a takeover in spite of a renewal': history(
    held,
    ['a', 90, 91, renew(1, 190), granted],
    ['b', 110, 111, claim(300), epoch(2)],
  ),
  'a commit by one who never had the lease': history(held, ['b', 10, 11, commit(1), granted]),
  'a commit under an epoch to come': history(held, ['a', 10, 11, commit(2), granted]),
  'a commit by a zombie': history(
    held,
    ['b', 110, 111, claim(200), epoch(2)],
    ['a', 112, 113, commit(1), granted],
  ),
  'a zombie commits, then the owner does': history(
    held,
    ['b', 110, 111, claim(200), epoch(2)],
    ['a', 112, 113, commit(1), granted],
    ['b', 114, 115, commit(2), granted],
  ),
  'two commits': history(held, ['a', 10, 11, commit(1), granted], ['a', 12, 13, commit(1), granted]),
  'a renewal by a zombie': history(
    held,
    ['b', 110, 111, claim(200), epoch(2)],
    ['a', 112, 113, renew(1, 300), granted],
  ),
  'a renewal after the end': history(
    held,
    ['a', 10, 11, commit(1), granted],
    ['a', 12, 13, renew(1, 200), granted],
  ),
  'a claim after the end': history(
    held,
    ['a', 10, 11, commit(1), granted],
    ['b', 200, 201, claim(300), epoch(2)],
  ),
  'a commit after handing back': history(
    held,
    ['a', 10, 11, release(1), granted],
    ['a', 12, 13, commit(1), granted],
  ),
  'handed back twice': history(held, ['a', 10, 11, release(1), granted], ['a', 12, 13, release(1), granted]),
  'a holder refused': history(
    held,
    ['a', 10, 11, commit(1), refused('NotHolder')],
    ['a', 12, 13, commit(1), granted],
  ),
  'leased, they say, but by nobody': history(
    ['b', 1, 2, claim(100), refused('Leased')],
    ['a', 3, 4, claim(100), epoch(1)],
  ),
  'finished, they say, and then it is not': history(
    held,
    ['b', 3, 4, claim(100), refused('Finished')],
    ['a', 5, 6, commit(1), granted],
  ),
  'exhausted while the lease is alive': history(held, ['d', 50, 51, exhaust, granted]),
  'exhausted after a commit': history(
    held,
    ['a', 10, 11, commit(1), granted],
    ['d', 110, 111, exhaust, granted],
  ),
  'a lost commit': history(held, ['a', 10, 11, commit(1), granted], ['r', 20, 21, read, seen(1, 'running')]),
  'another output than was committed': history(
    held,
    ['a', 10, 11, commit(1, '1'), granted],
    ['r', 20, 21, read, seen(1, 'succeeded', '2')],
  ),
  'an output that changes': history(
    held,
    ['a', 10, 11, commit(1, '1'), granted],
    ['r', 20, 21, read, seen(1, 'succeeded', '1')],
    ['r', 22, 23, read, seen(1, 'succeeded', '2')],
  ),
  'a read from the past': history(held, ['r', 5, 6, read, seen(0, 'ready')]),
  'a read that goes back in time': history(
    ['a', 1, 9, claim(100), epoch(1)],
    ['r', 2, 3, read, seen(1, 'running')],
    ['r', 4, 5, read, seen(0, 'ready')],
  ),
  'a lost claim that is granted to two': history(
    ['a', 1, 0, claim(100), none],
    ['b', 3, 4, claim(100), epoch(1)],
    ['a', 5, 6, commit(1), granted],
  ),
  'the second node of two': history(held, ['b', 3, 4, claim(100), epoch(2), 'm']),
};

describe('a history that one order explains is accepted', () => {
  it.each(Object.entries(good))('%s', (_what, events) => expect(findUnlinearizable(events)).toBeUndefined());
});

describe('a history that no order explains is refused', () => {
  it.each(Object.entries(bad))('%s', (_what, events) => {
    const found = findUnlinearizable(events);
    expect(found?.[0]).toMatch(/^the lease of [nm] has no order/);
    expect(found?.some((line) => line.startsWith('?'))).toBe(true);
  });
});
