import type { Piece, WorkflowName } from './workflows.ts';

/** Stops where a step never succeeds. */
class Dead extends Error {}

/** Comes to a step: nothing happens, unless it is the one that never succeeds. */
type Visit = (path: string) => void;

/*
 * What the workflows of the simulation mean, said once more and by plain functions: without nodes, leases or
 * definitions. Branches of a fork come one after the other; which of them dies first makes no difference here.
 */
const meanings: Readonly<Record<WorkflowName, (n: number, visit: Visit) => number>> = {
  chain: (n, visit) => {
    for (const path of ['add', 'double', 'elsewhere', 'last']) visit(path);
    return ((n + 1 - 3) * 2 + 1) * 2;
  },
  forked: (n, visit) => {
    for (const path of ['sum/a/add', 'sum/a/double', 'sum/b/double', 'sum', 'add']) visit(path);
    return (n + 1) * 2 + n * 2 + n + 1;
  },
  nested: (n, visit) => {
    for (const path of ['inner/x/add', 'inner/y/double', 'add']) visit(`outer/left/${path}`);
    visit('outer/right/double');
    return n + 1 + n * 2 + 1 - n * 2;
  },
  routed: (n, visit) => {
    const routes = [
      () => {
        visit('by/zero/add');
        visit('by/zero/double');
        return (n + 1) * 2;
      },
      () => n,
      () => {
        visit('by/~/both/p/add');
        visit('by/~/both/q/double');
        return (n + 1) * (n * 2);
      },
    ];
    return (routes[n % 3]?.() ?? Number.NaN) + 100;
  },
  looped: (n, visit) => {
    let at = untilMultiple(n, () => visit('poll/count'));
    for (let iteration = 1; iteration <= 10; iteration += 1) {
      visit('more/double');
      visit('more/count');
      at = at * 2 + 1;
      if (at % 4 === 0) break;
    }
    visit('add');
    return at + 1;
  },
  rounds: (n, visit) => {
    let at = n;
    for (let iteration = 1; iteration <= 3 && (iteration === 1 || at < 50); iteration += 1) {
      visit('round/both/x/add');
      visit('round/both/y/double');
      at = at + 1 + at * 2;
    }
    return at;
  },
  deep: (n, visit) => {
    let at = n;
    for (let iteration = 1; iteration <= 4 && (iteration === 1 || at < 10); iteration += 1) {
      at = untilMultiple(at, () => visit('sum/l/outer/inner/count')) + 1;
    }
    visit('sum/r/double');
    visit('sum');
    return at + n * 2;
  },
  delayed: (n, visit) => {
    for (const path of ['add', 'double', 'last']) visit(path);
    return (n + 1) * 2 + 1;
  },
  long: (n, visit) => {
    for (const path of ['s1', 's2', 's3', 'sum', 's4', 's5', 's6']) visit(path);
    for (const path of ['a/t1', 'a/t2', 'a/t3', 'a/t4', 'b/double']) visit(`sum/${path}`);
    return (n + 3 + 4 + (n + 3) * 2) * 2 + 2;
  },
};

/** One is added at least once, and until the number is a multiple of four. */
function untilMultiple(n: number, visit: () => void): number {
  let at = n;
  do {
    visit();
    at += 1;
  } while (at % 4 !== 0);
  return at;
}

/** The number that the workflow gives; undefined where it comes to the step that never succeeds. */
export function meaningOf(workflow: WorkflowName, { dies, n }: Piece): number | undefined {
  try {
    return meanings[workflow](n, (path) => {
      if (path === dies) throw new Dead();
    });
  } catch (error) {
    if (error instanceof Dead) return undefined;
    throw error;
  }
}
