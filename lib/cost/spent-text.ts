import { nothing, plus, type Usage } from './usage.ts';

/** Divisible by each size that a batch of messages can have, so that shares add up to whole requests. */
const shares = 2_520;
/** Megabyte-milliseconds in a gigabyte-second. */
const megabyteMs = 1_024 * 1_000;

/** A letter for each kind, and what stands behind it is counted in. Letters never get another meaning. */
const letters: readonly (readonly [letter: string, kind: keyof Usage, per: number])[] = [
  ['w', 'writes', 1],
  ['t', 'tableUnits', 1],
  ['i', 'indexUnits', 1],
  ['r', 'reads', 1],
  ['h', 'readUnits', 2],
  ['q', 'sqsRequests', shares],
  ['p', 's3Puts', 1],
  ['g', 's3Gets', 1],
  ['l', 'lambdaRequests', shares],
  ['a', 'armGigabyteSeconds', megabyteMs],
  ['x', 'x86GigabyteSeconds', megabyteMs],
];

/** What each step of a chain costs at least: the write that ends it. It is not written down. */
const least = 'w1';

/**
 * As it is kept beside a node: `w2i2q504` is two writes of one unit each, two units of the index, and two requests that
 * were shared with nine others. What follows from the rest is left out: a write of a small item is one unit.
 *
 * @returns undefined for one write of one unit, the usual step of a chain
 */
export function spentText(usage: Usage): string | undefined {
  const text = letters
    .map(([letter, kind, per]) => [letter, Math.max(0, Math.round(usage[kind] * per))] as const)
    .filter(([letter, count], _index, all) => {
      const writes = all[0]?.[1] ?? 0;
      const reads = all[3]?.[1] ?? 0;
      if (letter === 't') return count !== writes;
      return letter === 'h' ? count !== 2 * reads : count !== 0;
    })
    .map(([letter, count]) => `${letter}${count}`)
    .join('');
  return text === least ? undefined : text;
}

/** The reverse of `spentText`; letters of a later version are passed over. */
export function readSpent(text: string = least): Usage {
  const found = new Map(
    [...text.matchAll(/([a-z])(\d+)/g)].map(([, letter, count]) => [letter, Number(count)]),
  );
  const told = Object.fromEntries(
    letters.flatMap(([letter, kind, per]) => {
      const count = found.get(letter);
      return count === undefined ? [] : [[kind, count / per]];
    }),
  ) as Partial<Usage>;
  const { reads = 0, writes = 0 } = told;
  return plus(nothing, { tableUnits: writes, readUnits: reads, ...told });
}
