import { takeOverGraceMs } from '../../lib/protocol/limits.ts';
import { farMs, type Scenario } from './scenario.ts';
import { nonceHole, type Sketch, sketchOf, timeHole } from './sketch.ts';
import type { State } from './state.ts';

/* Kept from key to key: millions are made. */
const codes: number[] = [];
const old: number[] = [];
const nonces: number[] = [];
const counts: number[] = [];

/** The same key for states that behave the same, and only for them. */
export function canonicalKey(state: State, scenario: Scenario): string {
  const sketches = inOrder(state, scenario);
  codes.length = 0;
  write(state.queue.length);
  write(state.late.length);
  for (const { number } of sketches) write(number);
  gather(sketches, state.now, horizonOf(scenario));
  for (const { holes } of sketches) {
    for (let index = 0; index < holes.length; index += 2) {
      const value = holes[index + 1] as number;
      switch (holes[index]) {
        case timeHole:
          write(distance(value, state.now, horizonOf(scenario)));
          break;
        case nonceHole:
          write(nonces.indexOf(value));
          break;
        default:
          write(counts.indexOf(value));
      }
    }
  }
  return String.fromCharCode.apply(undefined, codes);
}

/** What a state consists of. The order of what is interchangeable does not depend on how it came about. */
function inOrder(state: State, { skewsMs }: Scenario): Sketch[] {
  const workers = state.workers.map(sketchOf);
  return [
    ...state.runs.map(sketchOf),
    ...sorted(state.queue.map(sketchOf)),
    // Workers whose clocks agree are interchangeable, unless one of them is frozen.
    ...(skewsMs.length + state.frozen.length === 0 ? sorted(workers) : workers),
    ...state.discoverers.map(sketchOf),
    ...state.clients.map(sketchOf),
    ...sorted(state.late.map(sketchOf)),
    sketchOf(state.budget),
    sketchOf(state.frozen),
  ];
}

const sorted = (sketches: Sketch[]): Sketch[] => (sketches.length < 2 ? sketches : sketches.sort(compare));

function compare(a: Sketch, b: Sketch): number {
  if (a.number !== b.number) return a.number - b.number;
  for (let index = 0; index < a.holes.length; index += 2) {
    if (a.holes[index] !== timeHole) continue;
    const difference = (a.holes[index + 1] as number) - (b.holes[index + 1] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * Times before this were passed by every lease and clock. Of those only the order is kept: nothing else about them can
 * ever be compared again.
 */
const horizonOf = ({ skewsMs }: Scenario): number => -(takeOverGraceMs + 2 + Math.max(0, ...skewsMs));

/** What the holes are filled with, in the order in which it is told apart. */
function gather(sketches: readonly Sketch[], now: number, horizon: number): void {
  old.length = 0;
  nonces.length = 0;
  counts.length = 0;
  for (const { holes } of sketches) {
    for (let index = 0; index < holes.length; index += 2) {
      const value = holes[index + 1] as number;
      const kind = holes[index];
      if (kind === timeHole) {
        if (value - now < horizon) include(old, value);
      } else include(kind === nonceHole ? nonces : counts, value);
    }
  }
  old.sort(descending);
  counts.sort(ascending);
}

function include(values: number[], value: number): void {
  if (!values.includes(value)) values.push(value);
}

const ascending = (a: number, b: number): number => a - b;
const descending = (a: number, b: number): number => b - a;

function distance(time: number, now: number, horizon: number): number {
  const ahead = Math.min(time - now, farMs + 1);
  const shown = ahead < horizon ? horizon - 1 - old.indexOf(time) : ahead;
  return shown < 0 ? -2 * shown - 1 : 2 * shown;
}

/** A whole number, as one code or as several: all but the last have their highest bit set. */
function write(value: number): void {
  let rest = value;
  while (rest >= 0x8000) {
    codes.push(0x8000 | (rest & 0x7fff));
    rest = Math.floor(rest / 0x8000);
  }
  codes.push(rest);
}
