import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LogLines } from '../../../lib/attempts/log-lines.ts';
import type { LogLine } from '../../../lib/model/attempt.ts';

const line = (message: string, over: Partial<LogLine> = {}): LogLine => ({
  at: 1,
  level: 'info',
  message,
  ...over,
});
const filled = (lines: readonly LogLine[]): LogLines => {
  const log = new LogLines();
  for (const each of lines) log.add(each);
  return log;
};
const bytesOf = (log: LogLines) => Buffer.byteLength(JSON.stringify(log.kept));

describe('the lines of an attempt', () => {
  it('are kept as they are, in their order', () => {
    const lines = [line('a', { fields: { n: 1, deep: { list: [null] } } }), line('b', { console: true })];
    const log = filled(lines);
    expect(log.isEmpty).toBe(false);
    expect(log.kept).toEqual(lines);
    expect(new LogLines().isEmpty).toBe(true);
    expect(new LogLines().kept).toEqual([]);
  });

  it('are cut in the middle, with a mark that says how many are missing', () => {
    const lines = Array.from({ length: 5_000 }, (_, index) => line(`line ${index}`, { at: index }));
    const log = filled(lines);
    const { kept } = log;
    expect(bytesOf(log)).toBeLessThanOrEqual(65_536);
    expect(kept[0]).toEqual(lines[0]);
    expect(kept.at(-1)).toEqual(lines.at(-1));
    const at = kept.findIndex(({ leftOut }) => leftOut !== undefined);
    const mark = kept[at];
    const missing = lines.length - (kept.length - 1);
    expect(mark).toEqual({
      at: kept[at + 1]?.at,
      level: 'warn',
      message: `… ${missing} lines are left out here …`,
      leftOut: missing,
    });
    // Nothing else is missing, and nothing comes twice.
    const numbers = kept.filter((_, index) => index !== at).map((each) => each.at);
    expect(numbers).toEqual([
      ...Array.from({ length: at }, (_, index) => index),
      ...Array.from({ length: kept.length - 1 - at }, (_, index) => at + missing + index),
    ]);
  });

  it('need no mark while all of them fit, into the tail too', () => {
    const lines = Array.from({ length: 60 }, () => line('x'.repeat(1_000)));
    expect(filled(lines).kept).toEqual(lines);
  });

  it('of which one is too long keep its beginning, well-formed, and lose its fields', () => {
    const long = line('😀'.repeat(50_000), { fields: { a: 1 } });
    const wide = line('short', { fields: { a: 'x'.repeat(9_000) } });
    const [first, second] = filled([long, wide]).kept;
    expect(first?.message).toMatch(/^😀+…$/u);
    expect(first?.message.isWellFormed()).toBe(true);
    expect(first).not.toHaveProperty('fields');
    expect(second).toEqual(line('short…'));
    const halved = filled([line(`${'x'.repeat(999)}${'😀'.repeat(10_000)}`)]).kept[0];
    expect(halved?.message.isWellFormed()).toBe(true);
  });

  it('never take more than 64 KB, whatever they are', () => {
    const any = fc.record({
      message: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 4_000 }),
        fc.nat({ max: 10_000 }).map((length) => '\u0000'.repeat(length)),
      ),
      fields: fc.dictionary(fc.string(), fc.jsonValue()),
    });
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (all) => {
        const log = filled(all.map(({ fields, message }) => line(message, { fields })));
        expect(bytesOf(log)).toBeLessThanOrEqual(65_536);
        expect(log.kept.length).toBeLessThanOrEqual(all.length + 1);
      }),
      { numRuns: 20 },
    );
  });

  it('show of fields what JSON can carry: errors by name, code, message and cause', () => {
    const circle: Record<string, unknown> = { a: 1n, f: () => 1, u: undefined };
    circle.self = circle;
    const error = Object.assign(new RangeError('out of it', { cause: new Error('deeper') }), { code: 'E1' });
    const [shown] = filled([line('m', { fields: { circle, error, at: new Date(0) } })]).kept;
    expect(shown?.fields).toEqual({
      circle: { a: 1, self: '[Circular]' },
      error: {
        name: 'RangeError',
        code: 'E1',
        message: 'out of it',
        cause: { name: 'Error', message: 'deeper' },
      },
      at: '1970-01-01T00:00:00.000Z',
    });
  });

  it('say so where a field throws when it is looked at', () => {
    const hostile = {
      get trap() {
        throw new Error('gotcha');
      },
    };
    expect(filled([line('m', { fields: hostile })]).kept).toEqual([
      line('m', { fields: { fields: 'cannot be shown' } }),
    ]);
  });
});
