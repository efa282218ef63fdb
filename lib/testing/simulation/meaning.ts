import type { Piece } from './pieces.ts';
import type { WorkflowName } from './workflows.ts';

/** Stops where a step never succeeds. */
class Dead extends Error {}

/** What a run met with, which only its history can tell. Nodes are named by their paths, with the iterations of loops. */
export interface Course {
  /** What the signal brought that the node took; `late` where it went on without one. */
  signal(node: string): number | 'late';
  /** The course of the child run that the node stands for. */
  child(node: string): Course;
  /** The number that was given to the node instead of its input. */
  edited(node: string): number | undefined;
  readonly isEdited: boolean;
}

/** One who goes through a run, from node to node. */
class Walk {
  readonly #dies: string | undefined;
  readonly #course: Course;

  constructor(dies: string | undefined, course: Course) {
    // No step dies of an edited input, nor does what comes after it.
    this.#dies = course.isEdited ? undefined : dies;
    this.#course = course;
  }

  /** Comes to a step with a number: nothing happens, unless it is the one that never succeeds. */
  step(node: string, n: number): number {
    const edited = this.#course.edited(node);
    if (node.replaceAll(/#\d+/g, '') === this.#dies) throw new Dead();
    return edited ?? n;
  }

  signal(node: string, n: number, late?: (n: number) => number): number {
    const given = this.#course.edited(node) ?? n;
    const add = this.#course.signal(node);
    if (add !== 'late') return given + add;
    if (!late) throw new Dead();
    return late(given);
  }

  child(node: string, workflow: WorkflowName, n: number): number {
    const given = this.#course.edited(node) ?? n;
    return meanings[workflow](given, new Walk(this.#dies, this.#course.child(node)));
  }
}

type Meaning = (n: number, walk: Walk) => number;

const then =
  (...parts: Meaning[]): Meaning =>
  (n, walk) =>
    parts.reduce((at, part) => part(at, walk), n);
const add =
  (node: string): Meaning =>
  (n, walk) =>
    walk.step(node, n) + 1;
const double =
  (node: string): Meaning =>
  (n, walk) =>
    walk.step(node, n) * 2;
/** One is added at least once, and until the number is a multiple of four. */
const untilMultiple =
  (loop: string): Meaning =>
  (n, walk) => {
    let at = n;
    for (let iteration = 1; iteration === 1 || at % 4 !== 0; iteration += 1)
      at = walk.step(`${loop}#${iteration}/count`, at) + 1;
    return at;
  };

/*
 * What the workflows of the simulation mean, said once more and by plain functions: without nodes, leases or
 * definitions. Branches of a fork come one after the other; which of them dies first makes no difference here.
 */
const meanings: Readonly<Record<WorkflowName, Meaning>> = {
  chain: then(add('add'), (n) => n - 3, double('double'), add('elsewhere'), double('last')),
  forked: (n, walk) => {
    const a = then(add('sum/a/add'), double('sum/a/double'))(n, walk);
    const b = double('sum/b/double')(n, walk);
    return add('add')(walk.step('sum', a + b + n), walk);
  },
  twins: (n, walk) => {
    const first =
      add('first/x/add')(n, walk) + add('first/y/add')(n, walk) + double('first/z/double')(n, walk);
    return double('second/x/double')(first, walk) - add('second/y/add')(first, walk);
  },
  nested: (n, walk) => {
    const left = 'outer/left';
    const x = add(`${left}/inner/x/add`)(n, walk);
    const y = double(`${left}/inner/y/double`)(n, walk);
    return add(`${left}/add`)(x + y, walk) - double('outer/right/double')(n, walk);
  },
  routed: (n, walk) => {
    const routes = [
      () => then(add('by/zero/add'), double('by/zero/double'))(n, walk),
      () => n,
      () => add('by/~/both/p/add')(n, walk) * double('by/~/both/q/double')(n, walk),
    ];
    return (routes[n % 3]?.() ?? Number.NaN) + 100;
  },
  looped: (n, walk) => {
    let at = untilMultiple('poll')(n, walk);
    for (let iteration = 1; iteration <= 10; iteration += 1) {
      at = then(double(`more#${iteration}/double`), add(`more#${iteration}/count`))(at, walk);
      if (at % 4 === 0) break;
    }
    return add('add')(at, walk);
  },
  rounds: (n, walk) => {
    let at = n;
    for (let iteration = 1; iteration <= 3 && (iteration === 1 || at < 50); iteration += 1) {
      const both = `round#${iteration}/both`;
      at = add(`${both}/x/add`)(at, walk) + double(`${both}/y/double`)(at, walk);
    }
    return at;
  },
  deep: (n, walk) => {
    let l = n;
    for (let iteration = 1; iteration <= 4 && (iteration === 1 || l < 10); iteration += 1)
      l = untilMultiple(`sum/l/outer#${iteration}/inner`)(l, walk) + 1;
    return walk.step('sum', l + double('sum/r/double')(n, walk));
  },
  delayed: then(add('add'), double('double'), add('last')),
  long: (n, walk) => {
    const before = then(add('s1'), add('s2'), add('s3'))(n, walk);
    const a = then(add('sum/a/t1'), add('sum/a/t2'), add('sum/a/t3'), add('sum/a/t4'))(before, walk);
    const joined = walk.step('sum', a + double('sum/b/double')(before, walk));
    return then(double('s4'), add('s5'), add('s6'))(joined, walk);
  },
  approved: then(add('add'), (n, walk) => walk.signal('go', n), double('double')),
  patient: then((n, walk) => walk.signal('go', n), add('add')),
  reminded: (n, walk) => {
    const late = (at: number) => then(add('go/~/add'), double('go/~/double'))(at, walk);
    return walk.signal('go', double('double')(n, walk), late) + 100;
  },
  gates: (n, walk) => {
    const a = walk.signal('sum/a/go', add('sum/a/add')(n, walk));
    const b = double('sum/b/double')(
      walk.signal('sum/b/go', add('sum/b/add')(n, walk), (at) => at + 50),
      walk,
    );
    const c = walk.signal('sum/c/go', double('sum/c/double')(n, walk), (at) => at);
    return walk.step('sum', a + b + add('sum/c/add')(c, walk));
  },
  ticking: (n, walk) => {
    let at = n;
    for (let iteration = 1; iteration <= 4; iteration += 1) {
      const tick = `tick#${iteration}`;
      at = add(`${tick}/count`)(
        walk.signal(`${tick}/go`, at, (late) => late + 7),
        walk,
      );
      if (at % 4 === 0) break;
    }
    return at;
  },
  asked: then((n, walk) => walk.signal('go', n), add('c3')),
  inner: then(double('c1'), add('c2')),
  parent: then(add('add'), (n, walk) => walk.child('inner', 'inner', n), double('double')),
  asking: (n, walk) => walk.child('asked', 'asked', n),
  family: (n, walk) => {
    const left = walk.child('sum/left/inner', 'inner', n);
    const second = walk.child('sum/right/second', 'asked', double('sum/right/double')(n, walk));
    const right = add('sum/right/add')(second, walk);
    return walk.step('sum', left + right + add('sum/third/add')(n, walk));
  },
  grand: (n, walk) => {
    const asking = walk.child('asking', 'asking', n);
    return add('add')(walk.child('parent', 'parent', asking), walk);
  },
  several: (n, walk) => {
    let at = n;
    for (let iteration = 1; iteration <= 3; iteration += 1) {
      const each = `each#${iteration}`;
      at = add(`${each}/count`)(walk.child(`${each}/inner`, 'inner', at), walk);
      if (at % 4 === 0) break;
    }
    return at;
  },
};

/** The number that the workflow gives; undefined where it comes to the step that never succeeds. */
export function meaningOf(workflow: WorkflowName, { dies, n }: Piece, course: Course): number | undefined {
  try {
    return meanings[workflow](n, new Walk(dies, course));
  } catch (error) {
    if (error instanceof Dead) return undefined;
    throw error;
  }
}
