import { baseScenario, noBudget, type Scenario } from './scenario.ts';
import type { Budget } from './state.ts';
import { taskBounds } from './task-bounds.ts';
import { childBounds, dependencyBounds, peopleBounds, signalBounds } from './waiting-bounds.ts';
import { forkBounds, sequenceBounds } from './workflow-bounds.ts';

export type Over = Partial<Omit<Scenario, 'name' | 'budget'>>;
export interface Bounds extends Over {
  readonly faults: Partial<Budget>;
}
/** Bounds for every test run, and what is different about them where `HOLDFAST_MODEL=large`; rare ones only there. */
export type AllBounds = Readonly<
  Record<
    string,
    {
      readonly usual: Bounds;
      readonly large?: Partial<Bounds>;
      readonly isRare?: true;
    }
  >
>;

const groups = {
  tasks: taskBounds,
  sequences: sequenceBounds,
  forks: forkBounds,
  signals: signalBounds,
  people: peopleBounds,
  children: childBounds,
  dependencies: dependencyBounds,
};
export type Group = keyof typeof groups;

/** `small` is for mutants: what a missing guard does wrong, it does soon. */
export type Size = 'small' | 'usual' | 'large';

/** Every system of a group, to be explored in full. Messages may be lost, late and out of order in all of them. */
export function scenarios(group: Group, size: Size): readonly Scenario[] {
  const all: AllBounds = groups[group];
  const chosen = Object.entries(all).filter(([, { isRare }]) => size !== 'usual' || !isRare);
  return chosen.map(([name, { usual, large }]) => {
    const { faults, ...over } = size === 'large' ? { ...usual, ...large } : usual;
    const small = size === 'small' ? { messagesMax: 1, looksMax: usual.looksMax ?? 0 } : {};
    return { ...baseScenario, ...over, ...small, name, budget: { ...noBudget, ...faults } };
  });
}

export function scenarioNamed(name: string, over: Over = {}): Scenario {
  const all = (Object.keys(groups) as Group[]).flatMap((group) => scenarios(group, 'small'));
  const found = all.find((each) => each.name === name);
  if (!found) throw new Error(`there is no scenario ${name}`);
  return { ...found, ...over };
}
