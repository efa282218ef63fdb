import type {
  BranchShape,
  ChildShape,
  DelayShape,
  ElementShape,
  ForkShape,
  LoopShape,
  MapShape,
  Sequence,
  SignalShape,
  StepShape,
} from '../../model/definition.ts';
import type { HoldfastError } from '../../model/errors.ts';
import { checkName } from '../../model/ids.ts';
import { inside, otherwiseKey } from '../../protocol/nodes/place.ts';
import {
  type BodyDraft,
  type BranchDraft,
  Builder,
  type ChildDraft,
  type DelayDraft,
  type Draft,
  type ForkDraft,
  type LoopDraft,
  type MapDraft,
  PendingFork,
  type SignalDraft,
  type StepDraft,
} from './builder.ts';
import { idOf } from './draft-id.ts';
import { type InvalidAt, invalidIn } from './invalid.ts';
import type { NodeCode, Nodes } from './node-code.ts';
import { compileSignal } from './signal.ts';
import { compileStep } from './step.ts';
import { parseWait } from './wait.ts';
import { widthOf } from './width.ts';

const iterationsMax = 1_000_000;
const nodesMax = 10_000;
const depthMax = 20;
/** All of them must fit into one condition of DynamoDB's, which takes 4 KB. */
const widthMax = 64;
/** Paths go into messages and into keys, which take 1,024 bytes. */
const pathCharsMax = 512;
const branchesMax = widthMax;

/** Where a sequence stands. */
interface Surroundings {
  /** The path that the ids of the sequence are added to. */
  readonly base: string | undefined;
  /** 1 for the elements of the workflow itself. */
  readonly depth: number;
  /** Whether the last element ends an iteration of a loop. */
  readonly decides: boolean;
}

/** An element's place. */
interface Spot {
  readonly id: string;
  readonly path: string;
  readonly depth: number;
  readonly decides: boolean;
}

/**
 * Makes the shape and the code of a definition out of its drafts.
 *
 * @throws HoldfastError `InvalidWorkflow`, `InvalidName`, `InvalidDuration`, `InvalidArgument`, naming the node
 */
export function compile(workflow: string, drafts: readonly Draft[]): { body: Sequence; nodes: Nodes } {
  const compiler = new Compiler(workflow);
  if (drafts.length === 0) throw compiler.invalid(workflow, 'has no elements');
  const body = compiler.sequence(drafts, { base: undefined, depth: 1, decides: false });
  const width = widthOf(body);
  if (width > widthMax) {
    throw compiler.invalid(workflow, `has up to ${width} nodes side by side; the limit is ${widthMax}`);
  }
  return { body, nodes: compiler.nodes };
}

class Compiler {
  readonly invalid: InvalidAt;
  readonly nodes = new Map<string, NodeCode>();
  #count = 0;

  constructor(workflow: string) {
    this.invalid = invalidIn(workflow);
  }

  sequence(drafts: readonly Draft[], { base, depth, decides }: Surroundings): Sequence {
    const used = new Set<string>();
    const elements = drafts.map((draft, index) => {
      const id = idOf(draft, base, index + 1, this.invalid);
      const path = inside(base, id);
      this.#checkPlace(id, path, depth);
      if (used.has(id)) {
        throw this.invalid(path, 'a sibling has this id already: give one of them an id of its own');
      }
      used.add(id);
      return this.#element(draft, { id, path, depth, decides: decides && index === drafts.length - 1 });
    });
    return Object.freeze(elements);
  }

  #checkPlace(id: string, path: string, depth: number): void {
    checkName(id, path);
    if (path.length > pathCharsMax) {
      throw this.invalid(
        path,
        `a path has at most ${pathCharsMax} characters: choose shorter names, or nest less`,
      );
    }
    this.#count += 1;
    if (this.#count > nodesMax) throw this.invalid(path, `a workflow has at most ${nodesMax} nodes`);
    if (depth > depthMax) throw this.invalid(path, `elements are nested at most ${depthMax} deep`);
  }

  #element(draft: Draft, spot: Spot): ElementShape {
    switch (draft.kind) {
      case 'step':
        return this.#step(draft, spot);
      case 'map':
        return this.#map(draft, spot, 'map');
      case 'delay':
        return this.#delay(draft, spot);
      case 'signal':
        return this.#signal(draft, spot);
      case 'child':
        return this.#child(draft, spot);
      case 'fork':
        return this.#fork(draft, spot);
      case 'branch':
        return this.#branch(draft, spot);
      case 'loop':
        return this.#loop(draft, spot);
    }
  }

  #step({ options = {}, task }: StepDraft, { decides, id, path }: Spot): StepShape {
    const { code, shape } = compileStep({ id, path, task, options, decides }, this.invalid);
    this.nodes.set(path, code);
    return shape;
  }

  #map({ run }: MapDraft, { id, path }: Spot, kind: 'map' | 'join'): MapShape {
    this.#inline(path, kind, run);
    return Object.freeze({ kind: 'map' as const, id });
  }

  #delay({ duration }: DelayDraft, { decides, id, path }: Spot): DelayShape {
    if (decides) throw this.undecided(path);
    const delayMs = parseWait(duration, path);
    this.nodes.set(path, Object.freeze({ kind: 'delay' as const }));
    return Object.freeze({ kind: 'delay' as const, id, delayMs });
  }

  #signal({ name, options }: SignalDraft, { decides, depth, id, path }: Spot): SignalShape {
    if (decides) throw this.undecided(path);
    const { code, late, shape } = compileSignal({ id, path, name, options }, this.invalid);
    this.nodes.set(path, code);
    if (!late) return shape;
    const around = { base: inside(path, otherwiseKey), depth: depth + 1, decides: false };
    return Object.freeze({ ...shape, onTimeout: this.#body(late, around, 'optional') });
  }

  #child({ workflow }: ChildDraft, { decides, id, path }: Spot): ChildShape {
    if (decides) throw this.undecided(path);
    this.nodes.set(path, Object.freeze({ kind: 'child' as const, workflow, policy: {} }));
    return Object.freeze({ kind: 'child' as const, id, workflow: workflow.name, hash: workflow.hash });
  }

  #fork({ branches, join }: ForkDraft, spot: Spot): ForkShape {
    const { depth, id, path } = spot;
    const entries = this.#entries(branches, path, 'branches');
    if (entries.length === 0) throw this.invalid(path, 'a fork needs at least one branch');
    if (entries.length > branchesMax) {
      throw this.invalid(path, `a fork has at most ${branchesMax} branches, not ${entries.length}`);
    }
    const compiled = entries.map(([name, body]) =>
      Object.freeze({
        name,
        body: this.#body(body, { base: inside(path, name), depth: depth + 1, decides: false }, 'needed'),
      }),
    );
    const joined = join.kind === 'step' ? this.#step(join, spot) : this.#map(join, spot, 'join');
    return Object.freeze({ kind: 'fork' as const, id, branches: Object.freeze(compiled), join: joined });
  }

  #branch({ key, otherwise, routes }: BranchDraft, { decides, depth, id, path }: Spot): BranchShape {
    const entries = this.#entries(routes, path, 'routes');
    if (entries.length === 0) throw this.invalid(path, 'a branch needs at least one route');
    this.#inline(path, 'route', key);
    const bodyOf = (body: BodyDraft, name: string) =>
      this.#body(
        body,
        { base: inside(path, name), depth: depth + 1, decides },
        decides ? 'needed' : 'optional',
      );
    const compiled = entries.map(([name, body]) => Object.freeze({ key: name, body: bodyOf(body, name) }));
    return Object.freeze({
      kind: 'branch' as const,
      id,
      routes: Object.freeze(compiled),
      ...(otherwise !== undefined && { otherwise: bodyOf(otherwise, otherwiseKey) }),
    });
  }

  #loop({ body, options }: LoopDraft, { decides, depth, id, path }: Spot): LoopShape {
    if (decides) throw this.undecided(path);
    const { maxIterations, onMax = 'fail' } = options ?? {};
    if (!Number.isInteger(maxIterations) || maxIterations < 1 || maxIterations > iterationsMax) {
      throw this.invalid(path, `maxIterations must be a whole number from 1 to ${iterationsMax}`);
    }
    if (onMax !== 'fail' && onMax !== 'exitWithLast') {
      throw this.invalid(path, `onMax must be 'fail' or 'exitWithLast'`);
    }
    const compiled = this.#body(body, { base: path, depth: depth + 1, decides: true }, 'needed');
    return Object.freeze({ kind: 'loop' as const, id, body: compiled, maxIterations, onMax });
  }

  /** Has a body written down, and compiles it. */
  #body(
    draft: BodyDraft,
    around: Surroundings & { base: string },
    elements: 'needed' | 'optional',
  ): Sequence {
    const { base, depth } = around;
    if (typeof draft !== 'function') throw this.invalid(base, 'the body must be a function of a chain');
    // Before the body is called: one that calls itself would never end.
    if (depth > depthMax) throw this.invalid(base, `elements are nested at most ${depthMax} deep`);
    const begin = new Builder(() => {
      throw this.invalid(base, 'a body is returned, not built');
    });
    const end = draft(begin);
    if (end instanceof PendingFork) throw this.invalid(base, `the ${end.describe()} has no join`);
    if (!(end instanceof Builder) || end.finish !== begin.finish) {
      throw this.invalid(base, 'the body must return the chain it was given, continued');
    }
    if (end.drafts.length === 0 && elements === 'needed') {
      throw this.invalid(base, around.decides ? 'ends an iteration without a decision' : 'the body is empty');
    }
    return this.sequence(end.drafts, around);
  }

  #entries(bodies: unknown, path: string, what: string): [string, BodyDraft][] {
    if (typeof bodies !== 'object' || bodies === null || Array.isArray(bodies)) {
      throw this.invalid(path, `${what} must be an object of bodies by name`);
    }
    const entries = Object.entries(bodies);
    for (const [name] of entries) checkName(name, inside(path, name));
    return entries;
  }

  #inline(path: string, kind: 'map' | 'join' | 'route', run: (value: never) => unknown): void {
    if (typeof run !== 'function') throw this.invalid(path, `a ${kind} needs a function`);
    this.nodes.set(path, Object.freeze({ kind, run, policy: {} }));
  }

  undecided(path: string): HoldfastError {
    return this.invalid(path, 'ends an iteration without a decision');
  }
}
