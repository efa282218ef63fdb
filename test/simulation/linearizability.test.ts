import { describe, expect, it } from 'vitest';
import type { LeaseAnswer, LeaseEvent, LeaseRequest, Opening } from '../../lib/testing/lease-history.ts';
import { findUnlinearizable } from '../../lib/testing/linearizability.ts';

type Short = readonly [
  owner: string,
  sentAt: number,
  answeredAt: number,
  request: LeaseRequest,
  answer: LeaseAnswer,
  node?: string,
  run?: string,
];
const history = (...events: Short[]): LeaseEvent[] =>
  events.map(([owner, sentAt, answeredAt, request, answer, node = 'n', run = 'r']) => ({
    run,
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
const opening = (life: readonly number[], epoch: number, owner?: string): Opening => ({
  life,
  epoch,
  ...(owner !== undefined && { holder: { owner, until: 100 } }),
});
const open = (...given: Parameters<typeof opening>): LeaseRequest => ({
  asks: 'open',
  opening: opening(...given),
});
const leave: LeaseRequest = { asks: 'leave' };
const stop: LeaseRequest = { asks: 'stop' };
const letGo = (epoch: number): LeaseRequest => ({ asks: 'await', epoch });
const wake: LeaseRequest = { asks: 'wake' };
const waiting: LeaseRequest = { asks: 'open', opening: { life: [], epoch: 1, waits: true } };
const carried: LeaseRequest = {
  asks: 'open',
  opening: { life: [], epoch: 1, ended: { status: 'succeeded', output: '1' } },
};
const skip: LeaseRequest = { asks: 'end', status: 'skipped' };
const round = (next: 'leave' | Opening): LeaseRequest => ({
  asks: 'commit',
  epoch: 1,
  status: 'succeeded',
  next,
});
const exhaust: LeaseRequest = { asks: 'end', status: 'failed' };
const read: LeaseRequest = { asks: 'read' };
const granted: LeaseAnswer = { answer: 'granted' };
const epoch = (number: number): LeaseAnswer => ({ answer: 'granted', epoch: number });
const refused = (because: string): LeaseAnswer => ({ answer: 'refused', because });
const notSeen: LeaseAnswer = { answer: 'not seen' };
const none: LeaseAnswer = { answer: 'none' };
const seen = (number: number, status: Extract<LeaseAnswer, { answer: 'seen' }>['status'], output?: string) =>
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
  'two runs do not mix': history(held, ['b', 3, 4, claim(100), epoch(1), 'n', 's']),
  'claims of other nodes raise the epoch': history(
    held,
    ['b', 3, 4, claim(100), epoch(2), 'm'],
    ['c', 110, 111, claim(200), epoch(3)],
  ),
  'claims of two nodes at the same time': history(
    ['a', 1, 9, claim(100), epoch(2)],
    ['b', 2, 5, claim(100), epoch(1), 'm'],
  ),
  'a node that is opened for its holder': history(
    ['o', 1, 2, open([], 1, 'a'), granted],
    ['a', 3, 4, commit(1), granted],
    ['r', 5, 6, read, seen(1, 'succeeded', '1')],
  ),
  'a node that is opened for anybody': history(
    ['o', 1, 2, open([], 1), granted],
    ['b', 3, 4, claim(100), epoch(2)],
    ['r', 5, 6, read, seen(2, 'running')],
  ),
  'a node that leaves the item': history(
    held,
    ['a', 3, 4, commit(1), granted],
    ['b', 5, 6, leave, granted],
    ['r', 7, 8, read, notSeen],
    ['c', 9, 10, claim(100), refused('NoSuchNode')],
  ),
  'a loop that goes round by the node itself': history(
    held,
    ['a', 3, 4, round(opening([2], 1, 'b')), granted],
    ['a', 5, 6, commit(1), refused('NotHolder')],
    ['b', 7, 8, commit(1), granted],
  ),
  'a loop that goes round by another node': history(
    ['o', 1, 2, open([1], 1, 'a'), granted],
    ['a', 3, 4, commit(1), granted],
    ['b', 5, 6, leave, granted],
    ['b', 7, 8, open([2], 1), granted],
    ['c', 9, 10, claim(100), epoch(2)],
  ),
  'an inner loop begins again in the next round of the outer one': history(
    ['o', 1, 2, open([1, 7], 1, 'a'), granted],
    ['a', 3, 4, round('leave'), granted],
    ['o', 5, 6, open([2, 1], 1, 'b'), granted],
    ['r', 7, 8, read, seen(1, 'running')],
  ),
  'a holder that starts a child, and another one that takes its result': history(
    held,
    ['a', 3, 4, letGo(1), granted],
    ['r', 5, 6, read, seen(1, 'waiting')],
    ['b', 7, 8, claim(100), refused('NotClaimable')],
    ['c', 9, 10, wake, granted],
    ['b', 11, 12, claim(100), epoch(2)],
    ['a', 13, 14, commit(1), refused('NotHolder')],
    ['b', 15, 16, commit(2), granted],
  ),
  'a child that ends before its starter lets go': history(
    held,
    ['a', 3, 4, letGo(1), refused('Changed')],
    ['a', 5, 6, commit(1), granted],
  ),
  'a node that a run brings along from the one that it goes on from': history(
    ['o', 1, 2, carried, granted],
    ['b', 3, 4, claim(100), refused('Finished')],
    ['r', 5, 6, read, seen(1, 'succeeded', '1')],
  ),
  'a node that waits from its beginning, and is skipped': history(
    ['o', 1, 2, waiting, granted],
    ['d', 3, 4, skip, granted],
    ['r', 5, 6, read, seen(1, 'skipped')],
  ),
  'a run that ends under its holder': history(
    held,
    ['o', 3, 4, stop, granted],
    ['a', 5, 6, commit(1), refused('Finished')],
    ['r', 7, 8, read, seen(1, 'running')],
  ),
};

const bad: Record<string, LeaseEvent[]> = {
  'two holders at a time': history(held, ['b', 3, 4, claim(100), epoch(2)]),
  'one epoch for two': history(held, ['b', 110, 111, claim(200), epoch(1)]),
  'one epoch for two nodes of a run': history(held, ['b', 3, 4, claim(100), epoch(1), 'm']),
  'a smaller epoch than a node before had': history(
    ['a', 1, 2, claim(100), epoch(2)],
    ['b', 3, 4, claim(100), epoch(1), 'm'],
  ),
  'a claim of a node that is not there yet': history(
    ['b', 1, 2, claim(100), epoch(1)],
    ['o', 3, 4, open([], 1), granted],
  ),
  'a node that is opened twice': history(
    ['o', 1, 2, open([], 1), granted],
    ['o', 3, 4, open([], 1), granted],
  ),
  'a node that is opened again after it left': history(
    ['o', 1, 2, open([], 1, 'a'), granted],
    ['a', 3, 4, commit(1), granted],
    ['b', 5, 6, leave, granted],
    ['b', 7, 8, open([], 1), granted],
  ),
  'an iteration that comes twice': history(
    ['o', 1, 2, open([1], 1, 'a'), granted],
    ['a', 3, 4, round(opening([1], 1, 'b')), granted],
  ),
  'an iteration from before': history(
    ['o', 1, 2, open([2, 1], 1, 'a'), granted],
    ['a', 3, 4, round(opening([1, 2], 1, 'b')), granted],
  ),
  'a node that comes again under a smaller epoch': history(
    ['a', 1, 2, claim(100), epoch(2)],
    ['a', 3, 4, { ...commit(2), next: opening([2], 1, 'b') } as LeaseRequest, granted],
  ),
  'a node that leaves while somebody has it': history(held, ['b', 3, 4, leave, granted]),
  'a node that leaves before it was begun': history(['b', 3, 4, leave, granted], ['r', 5, 6, read, notSeen]),
  'a loop that goes round by a zombie': history(
    held,
    ['b', 110, 111, claim(200), epoch(2)],
    ['a', 112, 113, round(opening([2], 1, 'c')), granted],
  ),
  'a commit under the nonce of the iteration before': history(
    held,
    ['a', 3, 4, round(opening([2], 1, 'b')), granted],
    ['a', 5, 6, commit(1), granted],
  ),
  'two holders of a node that was opened for one': history(
    ['o', 1, 2, open([], 1, 'a'), granted],
    ['b', 3, 4, claim(100), epoch(2)],
  ),
  'a commit after the end of the run': history(
    held,
    ['o', 3, 4, stop, granted],
    ['a', 5, 6, commit(1), granted],
  ),
  'a claim after the end of the run': history(['o', 3, 4, stop, granted], ['b', 5, 6, claim(100), epoch(1)]),
  'a claim of a node that its run brought along': history(
    ['o', 1, 2, carried, granted],
    ['b', 3, 4, claim(100), epoch(2)],
  ),
  'another output than the node was brought along with': history(
    ['o', 1, 2, carried, granted],
    ['r', 5, 6, read, seen(1, 'succeeded', '2')],
  ),
  'a claim of a node that waits': history(['o', 1, 2, waiting, granted], ['b', 3, 4, claim(100), epoch(2)]),
  'a claim of a node that was let go, before its child has ended': history(
    held,
    ['a', 3, 4, letGo(1), granted],
    ['b', 5, 6, claim(100), epoch(2)],
    ['c', 7, 8, wake, granted],
  ),
  'a node that is woken twice': history(
    ['o', 1, 2, waiting, granted],
    ['c', 3, 4, wake, granted],
    ['c', 5, 6, wake, granted],
  ),
  'a node that is woken while somebody has it': history(held, ['c', 3, 4, wake, granted]),
  'a node that is woken after its run has ended': history(
    ['o', 1, 2, waiting, granted],
    ['d', 3, 4, stop, granted],
    ['c', 5, 6, wake, granted],
  ),
  'a node that is let go by a zombie': history(
    held,
    ['b', 110, 111, claim(200), epoch(2)],
    ['a', 112, 113, letGo(1), granted],
  ),
  'a commit by one who let go': history(
    held,
    ['a', 3, 4, letGo(1), granted],
    ['a', 5, 6, commit(1), granted],
  ),
  'a node that waits, they say, and nobody let go': history(held, ['r', 5, 6, read, seen(1, 'waiting')]),
  'a node that is skipped under its holder': history(held, ['d', 3, 4, skip, granted]),
  'no such node, they say, but it is there': history(['b', 3, 4, claim(100), refused('NoSuchNode')]),
  'a node that is not seen, but there': history(held, ['r', 5, 6, read, notSeen]),
  'a lost claim that took effect while the lease was alive': [
    ...history(held),
    { ...history(['b', 3, 0, claim(100), { answer: 'none', epoch: 2 }])[0], effectBy: 5 } as LeaseEvent,
    ...history(['r', 7, 8, read, seen(2, 'running')]),
  ],
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
  'the second node of two': history(
    held,
    ['b', 3, 4, claim(100), epoch(2), 'm'],
    ['c', 5, 6, claim(100), epoch(3), 'm'],
  ),
};

describe('a history that one order explains is accepted', () => {
  it.each(Object.entries(good))('%s', (_what, events) => expect(findUnlinearizable(events)).toBeUndefined());
});

describe('a history that no order explains is refused', () => {
  it.each(Object.entries(bad))('%s', (_what, events) => {
    const found = findUnlinearizable(events);
    expect(found?.[0]).toMatch(/^the (lease of [nm]|epochs) of r ha(s|ve) no order/);
    expect(found?.some((line) => line.startsWith('?'))).toBe(true);
  });
});
