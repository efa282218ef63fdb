import { availableParallelism, cpus, loadavg } from 'node:os';
import { version } from '../lib/version.ts';
import type { Counted } from './counted/counts.ts';
import type { Size } from './figure.ts';
import type { Group } from './group.ts';
import type { Growth } from './growth/growth.ts';
import { type GrowthResult, measureGrowth } from './growth/measure.ts';
import { type Measurement, measure, type Skipped } from './measure.ts';

/** Everything that one run of the bench says. */
export interface Report {
  readonly holdfast: string;
  readonly startedAt: string;
  readonly size: Size;
  readonly repetitions: number;
  readonly machine: {
    readonly node: string;
    readonly cores: number;
    readonly cpu: string;
    /** Of the last minute, before and after: how much else was going on. */
    readonly load: readonly [before: number, after: number];
  };
  readonly counted: readonly Counted[];
  readonly growth: readonly GrowthResult[];
  /** What grew until it failed. */
  readonly failed: readonly Skipped[];
  readonly groups: readonly ({ readonly name: string; readonly title: string } & Measurement)[];
}

const repetitionsOf: Readonly<Record<Size, number>> = { quick: 5, full: 5 };

/** What is to be measured. */
interface Chosen {
  readonly groups: readonly Group[];
  readonly growths: readonly Growth[];
  readonly counts: () => Promise<readonly Counted[]>;
}

/** @param say is told how far it has come */
export async function runBench(
  { counts, groups, growths }: Chosen,
  size: Size,
  say: (progress: string) => void,
): Promise<Report> {
  const startedAt = new Date().toISOString();
  const repetitions = repetitionsOf[size];
  const before = load();
  const measured = [];
  for (const { close, figures, name, title } of groups) {
    const onRound = (round: number) =>
      say(`${title}: ${round === 0 ? 'warming up' : `round ${round} of ${repetitions}`}`);
    try {
      measured.push({ name, title, ...(await measure(figures, { size, repetitions, onRound })) });
    } finally {
      await close();
    }
  }
  const counted = await counts();
  const growth = [];
  const failed = [];
  for (const each of growths) {
    try {
      growth.push(await measureGrowth(each, size, (amount) => say(`${each.name}: ${amount} ${each.of}`)));
    } catch (error) {
      // What was measured before, for minutes, is not lost with it.
      failed.push({ name: each.name, reason: String(error) });
    }
  }
  const machine = {
    node: process.version,
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? '',
    load: [before, load()] as const,
  };
  return {
    holdfast: version,
    startedAt,
    size,
    repetitions,
    machine,
    counted,
    growth,
    failed,
    groups: measured,
  };
}

const load = (): number => Number((loadavg()[0] ?? 0).toFixed(2));
