import type { ElementShape, Sequence, Shape } from '../model/definition.ts';
import type { NodeId } from '../model/ids.ts';
import type { Ms } from '../model/time.ts';

/** What the invariants know of a shape, found out without the protocol's own code. */
export interface Tree {
  /** The nodes that may be opened when a node ends: its successors, whatever is decided. */
  readonly follows: ReadonlyMap<string, ReadonlySet<string>>;
  /** Those with which the run may succeed. */
  readonly lasts: ReadonlySet<string>;
  /** The branch of a fork that a node is in, innermost, as the beginning of its path; `''` outside of forks. */
  readonly branchOf: ReadonlyMap<string, string>;
  readonly forks: ReadonlyMap<NodeId, readonly string[]>;
  readonly loops: ReadonlyMap<string, { readonly max: number; readonly branch: string }>;
  readonly delays: ReadonlyMap<string, Ms>;
}

const known = new WeakMap<Shape, Tree>();

export function treeOf(shape: Shape): Tree {
  const found = known.get(shape);
  if (found) return found;
  const drawing = new Drawing();
  const { lasts } = drawing.sequence(shape.body, '', '');
  const tree: Tree = { ...drawing, lasts: new Set(lasts) };
  known.set(shape, tree);
  return tree;
}

/** With which nodes something begins and ends. */
interface Span {
  readonly firsts: readonly string[];
  readonly lasts: readonly string[];
}

class Drawing {
  readonly follows = new Map<string, Set<string>>();
  readonly branchOf = new Map<string, string>();
  readonly forks = new Map<NodeId, readonly string[]>();
  readonly loops = new Map<string, { max: number; branch: string }>();
  readonly delays = new Map<string, Ms>();

  sequence(body: Sequence, base: string, branch: string): Span {
    const spans = body.map((element) => this.#element(element, `${base}${element.id}`, branch));
    for (const [index, span] of spans.entries()) this.#link(span.lasts, spans[index + 1]?.firsts ?? []);
    return { firsts: spans[0]?.firsts ?? [], lasts: spans.at(-1)?.lasts ?? [] };
  }

  #element(element: ElementShape, path: string, branch: string): Span {
    if (element.kind !== 'loop') this.branchOf.set(path, branch);
    switch (element.kind) {
      case 'fork': {
        const spans = element.branches.map(({ name, body }) =>
          this.sequence(body, `${path}/${name}/`, `${path}/${name}/`),
        );
        this.forks.set(
          path as NodeId,
          element.branches.map(({ name }) => name),
        );
        for (const { lasts } of spans) this.#link(lasts, [path]);
        return { firsts: spans.flatMap(({ firsts }) => firsts), lasts: [path] };
      }
      case 'branch': {
        const named = [
          ...element.routes.map(({ key, body }) => ({ key, body })),
          ...(element.otherwise ? [{ key: '~', body: element.otherwise }] : []),
        ];
        const spans = named.map(({ key, body }) => this.sequence(body, `${path}/${key}/`, branch));
        for (const { firsts } of spans) this.#link([path], firsts);
        const passes = named.some(({ body }) => body.length === 0);
        return { firsts: [path], lasts: [...spans.flatMap(({ lasts }) => lasts), ...(passes ? [path] : [])] };
      }
      case 'loop': {
        const span = this.sequence(element.body, `${path}/`, branch);
        this.loops.set(path, { max: element.maxIterations, branch });
        this.#link(span.lasts, span.firsts);
        return span;
      }
      case 'signal': {
        const { firsts, lasts } = this.sequence(element.onTimeout ?? [], `${path}/~/`, branch);
        this.#link([path], firsts);
        return { firsts: [path], lasts: [path, ...lasts] };
      }
      case 'delay':
        this.delays.set(path, element.delayMs);
        return { firsts: [path], lasts: [path] };
      default:
        return { firsts: [path], lasts: [path] };
    }
  }

  #link(from: readonly string[], to: readonly string[]): void {
    for (const each of from) {
      const set = this.follows.get(each) ?? new Set();
      for (const next of to) set.add(next);
      this.follows.set(each, set);
    }
  }
}
