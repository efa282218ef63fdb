import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitRule, Slots } from '../../../lib/model/limit.ts';
import { askForSlot, freeSlots, noneWaits } from '../../../lib/protocol/slots.ts';

const now = 1_000_000;
const two: LimitRule = { concurrency: 2 };
const tenAMinute: LimitRule = { rate: { count: 10, perMs: 60_000 } };
const request = (holder: string, at = now, permit?: number, hasWaited = false) => ({
  holder,
  until: at + 60_000,
  now: at,
  permit,
  hasWaited,
});

function play(rule: LimitRule, slots: Slots | undefined, holder: string, at = now, permit?: number) {
  const asked = askForSlot(slots, rule, request(holder, at, permit));
  return { asked, slots: ('next' in asked && asked.next) || slots };
}

describe('slots', () => {
  it('are taken until none is left', () => {
    const a = play(two, undefined, 'a');
    const b = play(two, a.slots, 'b');
    expect([a.asked.answer, b.asked.answer]).toEqual(['taken', 'taken']);
    expect(b.slots).toEqual({ rev: 2, holders: { a: now + 60_000, b: now + 60_000 } });
    expect(askForSlot(b.slots, two, request('c'))).toEqual({
      answer: 'full',
      next: { ...b.slots, rev: 3, awaited: true },
    });
    expect([
      freeSlots(undefined, two, now),
      freeSlots(a.slots, two, now),
      freeSlots(b.slots, two, now),
    ]).toEqual([2, 1, 0]);
  });

  it('are their holder’s already, when an answer was lost', () => {
    const a = play(two, undefined, 'a');
    expect(askForSlot(a.slots, two, request('a'))).toEqual({ answer: 'taken' });
    expect(askForSlot(a.slots, two, request('constructor')).answer).toBe('taken');
    expect(
      askForSlot({ rev: 1, holders: { a: now } }, { concurrency: 1 }, request('constructor')),
    ).toMatchObject({
      answer: 'full',
    });
  });

  it('are free again a grace after the end of their lease', () => {
    const full: Slots = { rev: 4, holders: { a: now, b: now } };
    expect(askForSlot(full, two, request('c', now + 5_000))).toMatchObject({ answer: 'full' });
    expect(askForSlot(full, two, request('c', now + 5_001))).toEqual({
      answer: 'taken',
      next: { rev: 5, holders: { c: now + 65_001 } },
    });
    expect(freeSlots(full, two, now + 5_001)).toBe(2);
  });

  it('are for those that wait, before any that comes anew', () => {
    const awaited: Slots = { rev: 3, holders: { a: now }, awaited: true };
    expect(askForSlot(awaited, two, request('b'))).toEqual({ answer: 'full' });
    expect(askForSlot(awaited, two, request('b', now, undefined, true))).toEqual({
      answer: 'taken',
      next: { rev: 4, holders: { a: now, b: now + 60_000 }, awaited: true },
    });
    expect(askForSlot(awaited, tenAMinute, request('b')).answer).toBe('taken');
    expect(noneWaits(awaited)).toEqual({ rev: 4, holders: { a: now } });
    expect(noneWaits({ rev: 3, holders: {} })).toBeUndefined();
  });

  it('are of any number where only the rate is limited', () => {
    expect(freeSlots(undefined, tenAMinute, now)).toBe(Infinity);
    expect(play(tenAMinute, undefined, 'a').slots).toEqual({
      rev: 1,
      holders: {},
      evenAt: now + 6_000,
      rate: tenAMinute.rate,
    });
  });
});

describe('a rate', () => {
  const ten = (): Slots | undefined => {
    let slots: Slots | undefined;
    for (let n = 0; n < 10; n += 1) {
      const next = play(tenAMinute, slots, `${n}`);
      expect(next.asked.answer).toBe('taken');
      slots = next.slots;
    }
    return slots;
  };

  it('lets through what it says at once, and gives the rest a time each', () => {
    const first = play(tenAMinute, ten(), 'a');
    expect(first.asked).toMatchObject({ answer: 'later', permit: now + 6_000 });
    const second = play(tenAMinute, first.slots, 'b');
    expect(second.asked).toMatchObject({ answer: 'later', permit: now + 12_000 });
  });

  it('honours a permit from its time on, without asking for another one', () => {
    const later = play(tenAMinute, ten(), 'a');
    const early = askForSlot(later.slots, tenAMinute, request('a', now + 5_999, now + 6_000));
    expect(early).toEqual({ answer: 'later', permit: now + 6_000 });
    const due = askForSlot(later.slots, tenAMinute, request('a', now + 6_000, now + 6_000));
    expect(due).toEqual({ answer: 'taken', next: { ...later.slots, rev: 12 } });
  });

  it('gives nothing for a permit that is long over', () => {
    const later = play(tenAMinute, ten(), 'a');
    const used = askForSlot(later.slots, tenAMinute, request('a', now + 66_000, now + 6_000));
    expect(used).toMatchObject({ answer: 'taken', next: { evenAt: later.slots?.evenAt } });
    const over = askForSlot(later.slots, tenAMinute, request('a', now + 66_001, now + 6_000));
    expect(over.answer === 'taken' && over.next?.evenAt).toBeGreaterThan(later.slots?.evenAt ?? 0);
  });

  it('that is another than before does not go on from the times that the old one gave', () => {
    const oneADay: LimitRule = { rate: { count: 1, perMs: 86_400_000 } };
    let { slots } = play(oneADay, undefined, 'a');
    for (const holder of ['b', 'c', 'd']) ({ slots } = play(oneADay, slots, holder));
    expect(slots?.evenAt).toBe(now + 4 * 86_400_000);
    const next = play(tenAMinute, slots, 'e');
    expect(next.asked).toMatchObject({ answer: 'later', permit: now + 6_000 });
    expect(play(tenAMinute, next.slots, 'f').asked).toMatchObject({ permit: now + 12_000 });
    expect(play({ rate: { count: 20, perMs: 60_000 } }, next.slots, 'f').asked).toMatchObject({
      permit: now + 3_000,
    });
  });

  it('takes no time from it while there is no slot', () => {
    const both: LimitRule = { concurrency: 1, rate: { count: 1, perMs: 1_000 } };
    const a = play(both, undefined, 'a');
    const full = askForSlot(a.slots, both, request('b'));
    expect(full).toMatchObject({ answer: 'full', next: { evenAt: a.slots?.evenAt } });
    const freed = { ...a.slots, rev: 2, holders: {} };
    expect(askForSlot(freed, both, request('b'))).toMatchObject({ answer: 'later', permit: now + 1_000 });
  });
});

it('never has more holders than the limit, nor more starts in a time than the bucket holds and gets', () => {
  const rules = fc.record(
    {
      concurrency: fc.integer({ min: 1, max: 5 }),
      rate: fc.record({
        count: fc.integer({ min: 1, max: 6 }),
        perMs: fc.integer({ min: 1_000, max: 90_000 }),
      }),
    },
    { requiredKeys: [] },
  );
  const arrivals = fc.array(
    fc.record({ afterMs: fc.integer({ min: 0, max: 20_000 }), holdsMs: fc.integer({ min: 0, max: 90_000 }) }),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(rules, arrivals, (rule, all) => {
      let slots: Slots | undefined;
      let at = now;
      const begun: number[] = [];
      const held: { from: number; until: number }[] = [];
      const waiting: { permit: number; holdsMs: number; holder: string }[] = [];
      const ask = (holder: string, holdsMs: number, permit?: number) => {
        const asked = askForSlot(slots, rule, {
          holder,
          until: at + holdsMs,
          now: at,
          permit,
          hasWaited: false,
        });
        if ('next' in asked && asked.next) slots = asked.next;
        if (asked.answer === 'later') waiting.push({ permit: asked.permit, holdsMs, holder });
        if (asked.answer !== 'taken') return;
        begun.push(at);
        held.push({ from: at, until: at + holdsMs });
      };
      for (const [n, { afterMs, holdsMs }] of all.entries()) {
        at += afterMs;
        for (const due of waiting.splice(0)) {
          if (due.permit <= at) ask(due.holder, due.holdsMs, due.permit);
          else waiting.push(due);
        }
        ask(`${n}`, holdsMs);
      }
      if (rule.concurrency !== undefined) {
        for (const { from } of held) {
          const atOnce = held.filter((other) => other.from <= from && from <= other.until + 5_000);
          expect(atOnce.length).toBeLessThanOrEqual(rule.concurrency);
        }
      }
      // Permits may be kept for as long as the time of the rate, at least a minute.
      const rate = rule.rate;
      if (!rate) return;
      const keptMs = Math.max(60_000, rate.perMs);
      for (const from of begun) {
        const inTime = begun.filter((each) => each >= from && each <= from + rate.perMs);
        const bound = rate.count + ((rate.perMs + keptMs) * rate.count) / rate.perMs + 1;
        expect(inTime.length).toBeLessThanOrEqual(bound);
      }
    }),
    { numRuns: 500 },
  );
});

it('asks once each when a thousand come at once', () => {
  const rule: LimitRule = { rate: { count: 100, perMs: 1_000 } };
  let slots: Slots | undefined;
  const permits: number[] = [];
  for (let n = 0; n < 1_000; n += 1) {
    const next = play(rule, slots, `${n}`);
    slots = next.slots;
    if (next.asked.answer === 'later') permits.push(next.asked.permit);
  }
  expect(permits).toHaveLength(900);
  expect(new Set(permits).size).toBe(900);
  expect(Math.max(...permits)).toBe(now + 9_000);
});
