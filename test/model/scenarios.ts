import { baseScenario, noBudget, type Scenario } from './scenario.ts';
import type { Budget } from './state.ts';

export type Over = Partial<Omit<Scenario, 'name' | 'budget'>>;
interface Bounds extends Over {
  readonly faults: Partial<Budget>;
}

/** Bounds for every test run, and what is different about them where `HOLDFAST_MODEL=large`. */
const bounds: Readonly<Record<string, { readonly usual: Bounds; readonly large?: Bounds }>> = {
  crashes: {
    usual: { faults: { crashes: 2 } },
    large: { faults: { crashes: 3 }, attemptsMax: 3, looksMax: 2 },
  },
  duplicates: {
    usual: { faults: { crashes: 1, duplicates: 1 } },
    large: { faults: { crashes: 2, duplicates: 2 }, messagesMax: 4 },
  },
  freezes: {
    usual: { faults: { freezes: 1 }, messagesMax: 1 },
    large: { faults: { freezes: 2 } },
  },
  renewals: {
    usual: { faults: { renewals: 1 }, messagesMax: 1, looksMax: 1 },
    large: { faults: { renewals: 2 }, messagesMax: 2 },
  },
  'frozen renewals': {
    usual: { faults: { renewals: 1, freezes: 1 }, messagesMax: 1, attemptsMax: 1 },
    large: { faults: { renewals: 1, freezes: 1 }, attemptsMax: 2 },
  },
  'lost responses': {
    usual: { faults: { lostResponses: 1, yields: 1 }, messagesMax: 1 },
    large: { faults: { lostResponses: 2, yields: 1 }, messagesMax: 2 },
  },
  'late requests': {
    usual: { faults: { late: 1 }, messagesMax: 1 },
    large: { faults: { late: 1, yields: 1 } },
  },
  cancel: {
    usual: { faults: { renewals: 1, crashes: 1 }, cancels: [0], messagesMax: 1, attemptsMax: 1 },
    large: { faults: { renewals: 1, crashes: 1 } },
  },
  'cancel and lost responses': {
    usual: { faults: { lostResponses: 1, yields: 1 }, cancels: [0], messagesMax: 1, attemptsMax: 1 },
    large: { faults: { lostResponses: 1, yields: 1 }, cancels: [0, 0], attemptsMax: 2 },
  },
  'two cancels': {
    usual: { faults: { crashes: 1 }, cancels: [0, 0], messagesMax: 1, attemptsMax: 1, looksMax: 0 },
    large: { faults: { crashes: 1, stale: 1 }, attemptsMax: 2 },
  },
  'stale reads': {
    usual: {
      faults: { stale: 1, freezes: 1, renewals: 1 },
      workers: 1,
      discoverers: 2,
      attemptsMax: 1,
      messagesMax: 1,
    },
    large: { faults: { stale: 1, freezes: 1, renewals: 1 }, messagesMax: 2, attemptsMax: 2 },
  },
  'long leases': {
    usual: { faults: { crashes: 1 }, leaseMinutes: 3, messagesMax: 1 },
    large: { faults: { crashes: 1, stale: 1, yields: 1 }, messagesMax: 2 },
  },
  'deep queue': { usual: { faults: { deep: 1, crashes: 1 }, looksMax: 3, messagesMax: 1 } },
  timers: {
    usual: {
      faults: { crashes: 1 },
      submissions: [{ run: 0, payload: 'a', delayMs: 1_200_000 }],
      backoffMs: 60_000,
    },
    large: { faults: { crashes: 2, stale: 1 } },
  },
  'hop limit': { usual: { faults: { yields: 1, crashes: 1 }, hopLimit: 1, messagesMax: 1 } },
  'skewed clocks': {
    usual: { faults: { crashes: 1 }, skewsMs: [0, 4_000], backoffMs: 60_000, messagesMax: 1 },
    large: { faults: { freezes: 1 } },
  },
  'one key, three submissions': {
    usual: {
      faults: { lostResponses: 1 },
      submissions: [
        { run: 0, payload: 'a' },
        { run: 0, payload: 'a' },
        { run: 0, payload: 'b' },
      ],
      attemptsMax: 1,
      messagesMax: 1,
    },
  },
  'two runs': {
    usual: {
      faults: {},
      submissions: [
        { run: 0, payload: 'a' },
        { run: 1, payload: 'b' },
      ],
      attemptsMax: 1,
      looksMax: 0,
      messagesMax: 1,
    },
    large: { faults: { crashes: 1 }, looksMax: 1, messagesMax: 2 },
  },
  'another definition': { usual: { faults: { crashes: 1 }, foreignMessage: true } },
  'newer version': {
    usual: {
      faults: { upgrades: 1, renewals: 1, yields: 1 },
      cancels: [0],
      messagesMax: 1,
      workers: 1,
      attemptsMax: 2,
      looksMax: 0,
    },
  },
};

/** `small` is for mutants: what a missing guard does wrong, it does soon. */
export type Size = 'small' | 'usual' | 'large';

/** Every system to be explored in full. Messages may be lost, late and out of order in all of them. */
export function scenarios(size: Size): readonly Scenario[] {
  return Object.entries(bounds).map(([name, { usual, large }]) => {
    const { faults, ...over } = size === 'large' ? { ...usual, ...large } : usual;
    const small = size === 'small' ? { messagesMax: 1, looksMax: usual.looksMax ?? 0 } : {};
    return { ...baseScenario, ...over, ...small, name, budget: { ...noBudget, ...faults } };
  });
}

export function scenarioNamed(name: string, over: Over = {}): Scenario {
  const found = scenarios('small').find((each) => each.name === name);
  if (!found) throw new Error(`there is no scenario ${name}`);
  return { ...found, ...over };
}
