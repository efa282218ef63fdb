import type { ElementShape, Sequence } from '../../model/definition.ts';
import type { NodeId } from '../../model/ids.ts';
import type { Ms } from '../../model/time.ts';
import { inside } from './place.ts';

/** A node that becomes ready. */
export interface OpenedNode {
  readonly path: NodeId;
  readonly from: NodeId | undefined;
  readonly delayMs: Ms;
  /** It waits for a signal. */
  readonly signal?: { readonly name: string; readonly timeoutMs?: Ms };
  /** It stands for a run of its own. */
  readonly isChild?: true;
}

/** What a run gains when it comes to an element. */
export interface Opened {
  readonly nodes: readonly OpenedNode[];
  /** Loops that begin their first iteration. */
  readonly loops: readonly NodeId[];
}

/**
 * Comes to the first element of a body.
 *
 * @param base the path of what the body belongs to
 * @param from the node whose output goes in
 */
export function openBody(body: Sequence, base: NodeId | undefined, from: NodeId | undefined): Opened {
  const [first] = body;
  if (!first) throw new Error(`the body of ${base ?? 'the workflow'} is empty`);
  return openElement(first, base, from);
}

export function openElement(
  element: ElementShape,
  base: NodeId | undefined,
  from: NodeId | undefined,
): Opened {
  const path = inside(base, element.id);
  switch (element.kind) {
    case 'fork': {
      const all = element.branches.map(({ body, name }) => openBody(body, inside(path, name), from));
      return { nodes: all.flatMap(({ nodes }) => nodes), loops: all.flatMap(({ loops }) => loops) };
    }
    case 'loop': {
      const { loops, nodes } = openBody(element.body, path, from);
      return { nodes, loops: [path, ...loops] };
    }
    case 'delay':
      return { nodes: [{ path, from, delayMs: element.delayMs }], loops: [] };
    case 'signal': {
      const signal = {
        name: element.signal,
        ...(element.timeoutMs !== undefined && { timeoutMs: element.timeoutMs }),
      };
      return { nodes: [{ path, from, delayMs: 0, signal }], loops: [] };
    }
    case 'child':
      return { nodes: [{ path, from, delayMs: 0, isChild: true }], loops: [] };
    default:
      return { nodes: [{ path, from, delayMs: 0 }], loops: [] };
  }
}
