import { existsSync } from 'node:fs';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/* Each the longest first. What a clean checkout knows of files is their size, and the longest of these are small. */

/** Keep a core busy. */
const computing = [
  'simulation/campaign',
  'model/mutants',
  'model/tasks',
  'model/children',
  'model/sequences',
  'simulation/limits',
  'faults/waiting',
  'model/forks',
  'model/people',
  'model/dependencies',
  'simulation/planted',
  'faults/dependencies',
];

/** Mostly wait: for leases to end, and for processes. */
const waiting = [
  'behaviour/crashes',
  'kill/kill',
  'local/program',
  'local/runtime',
  'behaviour/isolation',
  'behaviour/worker',
  'browser/dashboard',
  'behaviour/pools-priority',
  'behaviour/commands',
  'agent/agent',
  'behaviour/order-process',
  'behaviour/killed-executor',
  'local/signals',
];

const fileOf = (name: string) => `test/${name}.test.ts`;
/** In turn, so that one core has something to compute while another waits. */
const first = computing.flatMap((name, index) => [name, waiting[index] ?? []].flat()).map(fileOf);

/** Begins with the files that take long: one of them at the end would leave the other cores idle. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = first.filter((file) => !existsSync(file));
    if (gone.length > 0)
      throw new Error(`${gone.join(', ')}: no such file, see test/support/longest-first.ts`);
    const sorted = await super.sort(files);
    const rankOf = ({ moduleId }: TestSpecification) => {
      const rank = first.findIndex((file) => moduleId.endsWith(`/${file}`));
      return rank < 0 ? first.length : rank;
    };
    return sorted.sort((one, other) => rankOf(one) - rankOf(other));
  }
}
