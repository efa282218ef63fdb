import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreClock } from '../../../lib/dynamodb/store-clock.ts';
import { isOff } from '../../../lib/ports/clock-offset.ts';

const second = 1_000;

/** Two clocks, one of them the store's, which says whole seconds only. */
class Clocks {
  offset: number;
  now = 1_900_000_000_000;
  readonly gauge = new StoreClock({ now: () => this.now });

  constructor(offset: number) {
    this.offset = offset;
  }

  /** One request: so long there, so long back. */
  ask(there = 5, back = 5, lie = 0): void {
    const sent = this.now;
    this.now += there;
    const date = Math.floor((this.now + this.offset + lie) / second) * second;
    this.now += back;
    this.gauge.add({ sent, answered: this.now, date });
  }

  askOften(times: number, pause = 170): void {
    for (let time = 0; time < times; time++) {
      this.ask();
      this.now += pause;
    }
  }
}

describe('the offset to the store', () => {
  it('is not known before an answer', () => {
    expect(new Clocks(0).gauge.read()).toBeUndefined();
  });

  it('is known to a second by one answer, and better by several', () => {
    const clocks = new Clocks(7_300);
    clocks.ask();
    expect(clocks.gauge.read()).toMatchObject({ answers: 1, doubtMs: 505 });
    clocks.askOften(10);
    const { answers = 0, doubtMs = second, ms = 0 } = clocks.gauge.read() ?? {};
    expect(answers).toBe(11);
    expect(doubtMs).toBeLessThan(120);
    expect(Math.abs(ms - 7_300)).toBeLessThanOrEqual(doubtMs);
  });

  it('is always between its bounds, however slow the answers', () => {
    const request = fc.tuple(fc.nat(4_000), fc.nat(4_000), fc.nat(3_000));
    const anyTime = fc.tuple(
      fc.integer({ min: -3_600_000, max: 3_600_000 }),
      fc.array(request, { minLength: 1 }),
    );
    fc.assert(
      fc.property(anyTime, ([offset, requests]) => {
        const clocks = new Clocks(offset);
        for (const [there, back, pause] of requests) {
          clocks.ask(there, back);
          clocks.now += pause;
        }
        const { doubtMs = 0, ms = Number.NaN } = clocks.gauge.read() ?? {};
        expect(Math.abs(ms - offset)).toBeLessThanOrEqual(doubtMs + 1e-6);
      }),
    );
  });

  it('follows a clock that is drawn to the right time', () => {
    const clocks = new Clocks(3_000);
    for (let minute = 0; minute < 60; minute++) {
      clocks.askOften(3);
      // 500 parts in a million, as fast as NTP does it.
      clocks.now += 60 * second;
      clocks.offset -= 30;
    }
    const { doubtMs = 0, ms = Number.NaN } = clocks.gauge.read() ?? {};
    expect(Math.abs(ms - clocks.offset)).toBeLessThanOrEqual(doubtMs);
    expect(doubtMs).toBeLessThan(500);
  });

  it('ages: what was long ago says little of now', () => {
    const clocks = new Clocks(0);
    clocks.askOften(10);
    clocks.now += 3_600 * second;
    expect(clocks.gauge.read()?.doubtMs).toBeGreaterThan(3_000);
  });

  it('begins anew when a clock was set', () => {
    const clocks = new Clocks(60_000);
    clocks.askOften(10);
    clocks.now += 60_000;
    clocks.offset = 0;
    clocks.ask();
    expect(clocks.gauge.read()).toMatchObject({ answers: 1 });
    expect(Math.abs(clocks.gauge.read()?.ms ?? 60_000)).toBeLessThan(510);
  });

  it('is not known by a request during which the clock was set back', () => {
    const clocks = new Clocks(0);
    clocks.ask(5, -60_000);
    expect(clocks.gauge.read()).toBeUndefined();
  });
});

describe('a clock that is off', () => {
  const offAfter = (offset: number, answers: number) => {
    const clocks = new Clocks(offset);
    clocks.askOften(answers);
    return isOff(clocks.gauge.read(), 2 * second);
  };

  it.each([
    [0, false],
    [1_400, false],
    [-1_400, false],
    [2_600, true],
    [-2_600, true],
    [3_600_000, true],
  ])('by %d ms: %s', (offset, expected) => {
    expect(offAfter(offset, 10)).toBe(expected);
  });

  it('is not believed of one answer, or of two', () => {
    expect([1, 2, 3].map((answers) => offAfter(3_600_000, answers))).toEqual([false, false, true]);
  });

  it('is not believed of single answers that lie among good ones', () => {
    const clocks = new Clocks(0);
    for (let round = 0; round < 20; round++) {
      clocks.askOften(round % 4);
      clocks.ask(5, 5, 3_600_000);
      expect(isOff(clocks.gauge.read(), 2 * second)).toBe(false);
    }
  });

  it('is seen over a line that is slow', () => {
    const clocks = new Clocks(10_000);
    for (let time = 0; time < 5; time++) clocks.ask(1_500, 1_500);
    expect(clocks.gauge.read()?.doubtMs).toBeGreaterThan(500);
    expect(isOff(clocks.gauge.read(), 2 * second)).toBe(true);
  });

  it('is right again with the first answer after it was set', () => {
    const clocks = new Clocks(10_000);
    clocks.askOften(10);
    expect(isOff(clocks.gauge.read(), 2 * second)).toBe(true);
    clocks.now += 10_000;
    clocks.offset = 0;
    clocks.ask();
    expect(isOff(clocks.gauge.read(), 2 * second)).toBe(false);
  });

  it('is off by as much as is asked for', () => {
    const clocks = new Clocks(10_000);
    clocks.askOften(10);
    expect(isOff(clocks.gauge.read(), 20 * second)).toBe(false);
  });
});
