import { describe, expect, it } from 'vitest';
import { isLinearizable, type Operation } from './linearizable.ts';

type Given = Partial<Operation>;
const operation = (kind: Operation['kind'], owner: string, at: number, given: Given): Operation => ({
  kind,
  owner,
  sent: at,
  answered: at + 1,
  answer: 'refused',
  ...given,
});
const claim = (owner: string, at: number, answer: Operation['answer'], given: Given = {}) =>
  operation('claim', owner, at, { answer, until: at + 10, ...given });
const takeOver = (owner: string, at: number, epoch: number, answer: Operation['answer'], given: Given = {}) =>
  operation('takeOver', owner, at, { epoch, answer, until: at + 10, expiredBefore: at - 5, ...given });
const renew = (owner: string, at: number, epoch: number, answer: Operation['answer'], given: Given = {}) =>
  operation('renew', owner, at, { epoch, answer, until: at + 10, ...given });
const end = (owner: string, at: number, epoch: number, answer: Operation['answer'], given: Given = {}) =>
  operation('end', owner, at, { epoch, answer, ...given });
const handBack = (owner: string, at: number, epoch: number, answer: Operation['answer'], given: Given = {}) =>
  operation('handBack', owner, at, { epoch, answer, ...given });
const exhaust = (at: number, epoch: number, answer: Operation['answer'], given: Given = {}) =>
  operation('exhaust', '', at, { epoch, answer, expiredBefore: at - 5, ...given });

const never = { answered: Number.POSITIVE_INFINITY };

describe('accepts', () => {
  const good: [string, Operation[]][] = [
    ['nothing', []],
    ['a claim and an end', [claim('a', 0, 1), end('a', 5, 1, 1)]],
    ['renewals', [claim('a', 0, 1), renew('a', 4, 1, 1), renew('a', 8, 1, 1), end('a', 15, 1, 1)]],
    ['contenders, one of whom wins', [claim('a', 0, 1), claim('b', 0, 'refused'), claim('c', 0, 'refused')]],
    [
      'the later sender of two at once winning',
      [claim('a', 0, 'refused', { answered: 9 }), claim('b', 1, 1)],
    ],
    [
      'a takeover, and the zombie refused',
      [claim('a', 0, 1), takeOver('b', 20, 1, 2), end('a', 25, 1, 'refused'), end('b', 28, 2, 2)],
    ],
    [
      'a takeover refused by a renewal',
      [claim('a', 0, 1), renew('a', 9, 1, 1), takeOver('b', 16, 1, 'refused')],
    ],
    [
      'a hand-back and another claim',
      [claim('a', 0, 1), handBack('a', 5, 1, 1), claim('b', 6, 2), end('b', 7, 2, 2)],
    ],
    [
      'an end that was applied without an answer',
      [claim('a', 0, 1), end('a', 5, 1, 'unknown', never), takeOver('b', 30, 1, 'refused')],
    ],
    [
      'an end that never was applied',
      [claim('a', 0, 1), end('a', 5, 1, 'unknown', never), takeOver('b', 30, 1, 2)],
    ],
    ['a claim without an answer, taken over', [claim('a', 0, 'unknown', never), takeOver('b', 30, 1, 2)]],
    [
      'an abandoned lease ended for its holder',
      [claim('a', 0, 1), exhaust(30, 1, 1), end('a', 40, 1, 'refused')],
    ],
    [
      'a renewal and a takeover at once, either first',
      [claim('a', 0, 1), renew('a', 16, 1, 'refused', { answered: 25 }), takeOver('b', 20, 1, 2)],
    ],
  ];
  it.each(good)('%s', (_what, history) => expect(isLinearizable(history)).toBe(true));
});

describe('refuses', () => {
  const bad: [string, Operation[]][] = [
    ['two claims of one epoch', [claim('a', 0, 1), claim('b', 0, 1)]],
    ['a claim while another holds', [claim('a', 0, 1), claim('b', 2, 2)]],
    ['a claim whose epoch skips one', [claim('a', 0, 2)]],
    [
      'a claim whose epoch repeats after a hand-back',
      [claim('a', 0, 1), handBack('a', 2, 1, 1), claim('b', 4, 1)],
    ],
    [
      'an epoch that goes down',
      [claim('a', 0, 1), takeOver('b', 20, 1, 2), handBack('b', 22, 2, 2), claim('c', 24, 1)],
    ],
    ['a takeover of a lease that lives', [claim('a', 0, 1), takeOver('b', 5, 1, 2)]],
    ['a takeover within the grace', [claim('a', 0, 1), takeOver('b', 13, 1, 2)]],
    [
      'a takeover after a renewal was answered',
      [claim('a', 0, 1), renew('a', 9, 1, 1), takeOver('b', 18, 1, 2)],
    ],
    [
      'a takeover of an epoch that is over',
      [claim('a', 0, 1), takeOver('b', 20, 1, 2), takeOver('c', 60, 1, 3)],
    ],
    ['two takeovers of one epoch', [claim('a', 0, 1), takeOver('b', 20, 1, 2), takeOver('c', 20, 1, 2)]],
    ['a takeover before anybody claimed', [takeOver('b', 20, 0, 1)]],
    ['an end of a zombie', [claim('a', 0, 1), takeOver('b', 20, 1, 2), end('a', 25, 1, 1)]],
    ['an end under an epoch of another', [claim('a', 0, 1), end('b', 5, 1, 1)]],
    ['an end without a claim', [end('a', 0, 1, 1)]],
    ['two ends', [claim('a', 0, 1), end('a', 5, 1, 1), end('a', 7, 1, 1)]],
    [
      'two ends by two owners',
      [claim('a', 0, 1), takeOver('b', 20, 1, 2), end('b', 22, 2, 2), end('a', 22, 1, 1)],
    ],
    ['a claim after the end', [claim('a', 0, 1), end('a', 5, 1, 1), claim('b', 7, 2)]],
    ['a takeover after the end', [claim('a', 0, 1), end('a', 5, 1, 1), takeOver('b', 30, 1, 2)]],
    ['a renewal after the end', [claim('a', 0, 1), end('a', 5, 1, 1), renew('a', 7, 1, 1)]],
    ['a renewal of a zombie', [claim('a', 0, 1), takeOver('b', 20, 1, 2), renew('a', 25, 1, 1)]],
    ['a renewal of somebody else', [claim('a', 0, 1), renew('b', 3, 1, 1)]],
    ['a renewal refused to the holder', [claim('a', 0, 1), renew('a', 3, 1, 'refused'), end('a', 6, 1, 1)]],
    ['a hand-back of a zombie', [claim('a', 0, 1), takeOver('b', 20, 1, 2), handBack('a', 25, 1, 1)]],
    ['a hand-back after a hand-back', [claim('a', 0, 1), handBack('a', 3, 1, 1), handBack('a', 5, 1, 1)]],
    ['an end of a lease that was handed back', [claim('a', 0, 1), handBack('a', 3, 1, 1), end('a', 5, 1, 1)]],
    ['a lease that lives ended for its holder', [claim('a', 0, 1), exhaust(5, 1, 1)]],
    ['an end after it was ended for its holder', [claim('a', 0, 1), exhaust(30, 1, 1), end('a', 40, 1, 1)]],
    [
      'an answer that came before what made it true',
      [claim('b', 0, 2), claim('a', 5, 1), handBack('a', 7, 1, 1)],
    ],
    [
      'an unknown end that would have to be both',
      [
        claim('a', 0, 1),
        end('a', 5, 1, 'unknown', never),
        takeOver('b', 30, 1, 2),
        end('b', 32, 2, 2),
        takeOver('c', 60, 2, 3),
      ],
    ],
  ];
  it(`${bad.length} histories, at least 20`, () => expect(bad.length).toBeGreaterThanOrEqual(20));
  it.each(bad)('%s', (_what, history) => expect(isLinearizable(history)).toBe(false));
});
