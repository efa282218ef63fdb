import { type Fault, type FaultKind, faultKinds } from './faults.ts';

/** How often each kind of fault struck at each step. */
export type Hits = Readonly<Record<string, Readonly<Partial<Record<FaultKind, number>>>>>;

export function countFaults(faults: readonly Fault[], hits: Hits = {}): Hits {
  const sum = new Map(Object.entries(hits).map(([step, counts]) => [step, { ...counts }]));
  for (const { kind, step } of faults) {
    const counts = sum.get(step) ?? {};
    counts[kind] = (counts[kind] ?? 0) + 1;
    sum.set(step, counts);
  }
  return Object.fromEntries(sum);
}

export function addHits(one: Hits, other: Hits): Hits {
  const steps = new Set([...Object.keys(one), ...Object.keys(other)]);
  const sumOf = (step: string) =>
    Object.fromEntries(
      faultKinds.flatMap((kind) => {
        const sum = (one[step]?.[kind] ?? 0) + (other[step]?.[kind] ?? 0);
        return sum > 0 ? [[kind, sum]] : [];
      }),
    );
  return Object.fromEntries([...steps].sort().map((step) => [step, sumOf(step)]));
}
