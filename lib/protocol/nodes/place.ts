import type {
  BranchShape,
  ElementShape,
  ForkShape,
  LoopShape,
  Sequence,
  Shape,
  SignalShape,
} from '../../model/definition.ts';
import type { NodeId } from '../../model/ids.ts';

/** An element of the tree, and what lies around it. */
export interface Place {
  readonly path: NodeId;
  readonly element: ElementShape;
  readonly sequence: Sequence;
  /** Of the element in its sequence. */
  readonly index: number;
  readonly owner: Owner;
}

/** What a sequence is the body of. */
export type Owner =
  | { readonly kind: 'root' }
  | { readonly kind: 'fork'; readonly place: Place; readonly shape: ForkShape; readonly branch: string }
  | { readonly kind: 'branch'; readonly place: Place; readonly shape: BranchShape }
  | { readonly kind: 'loop'; readonly place: Place; readonly shape: LoopShape }
  | { readonly kind: 'signal'; readonly place: Place; readonly shape: SignalShape };

/** What is taken when no route fits, or when a signal does not come in time; no key is called so. */
export const otherwiseKey = '~';

export const inside = (path: string | undefined, id: string): NodeId =>
  (path === undefined ? `${id}` : `${path}/${id}`) as NodeId;

/** Where a node stands; undefined when the shape has no such node. */
export function placeOf(shape: Shape, path: NodeId): Place | undefined {
  const ids = path.split('/');
  let body: Body | undefined = { sequence: shape.body, owner: { kind: 'root' }, path: undefined, used: 0 };
  while (body) {
    const { owner, sequence, used }: Body = body;
    const index = sequence.findIndex(({ id }) => id === ids[used]);
    const element = sequence[index];
    if (!element) return undefined;
    const place: Place = { path: inside(body.path, element.id), element, sequence, index, owner };
    if (used + 1 === ids.length) return place;
    body = bodyOf(place, ids, used + 1);
  }
  return undefined;
}

interface Body {
  readonly sequence: Sequence;
  readonly owner: Owner;
  readonly path: NodeId | undefined;
  /** How many ids of the path led here. */
  readonly used: number;
}

function bodyOf(place: Place, ids: readonly string[], used: number): Body | undefined {
  const { element, path } = place;
  const name = String(ids[used]);
  switch (element.kind) {
    case 'fork': {
      const sequence = element.branches.find((branch) => branch.name === name)?.body;
      const owner: Owner = { kind: 'fork', place, shape: element, branch: name };
      return sequence && { sequence, owner, path: inside(path, name), used: used + 1 };
    }
    case 'branch': {
      const sequence = routeOf(element, name);
      const owner: Owner = { kind: 'branch', place, shape: element };
      return sequence && { sequence, owner, path: inside(path, name), used: used + 1 };
    }
    case 'signal': {
      const sequence = name === otherwiseKey ? element.onTimeout : undefined;
      const owner: Owner = { kind: 'signal', place, shape: element };
      return sequence && { sequence, owner, path: inside(path, name), used: used + 1 };
    }
    case 'loop':
      return { sequence: element.body, owner: { kind: 'loop', place, shape: element }, path, used };
    default:
      return undefined;
  }
}

/** The body of a route, by its key or by `~`. */
export function routeOf(shape: BranchShape, key: string): Sequence | undefined {
  return key === otherwiseKey ? shape.otherwise : shape.routes.find((route) => route.key === key)?.body;
}

/** The branch of a fork that the node belongs to, by the path of its nodes; undefined outside of forks. */
export function branchAround({ owner }: Place): NodeId | undefined {
  if (owner.kind === 'root') return undefined;
  return owner.kind === 'fork' ? inside(owner.place.path, owner.branch) : branchAround(owner.place);
}

/** Whether the node ends an iteration of a loop: its output must be a decision. */
export function decides({ index, owner, sequence }: Place): boolean {
  if (index < sequence.length - 1) return false;
  if (owner.kind === 'root' || owner.kind === 'fork') return false;
  return owner.kind === 'loop' || decides(owner.place);
}

export const isWithin = (path: NodeId, scope: NodeId): boolean => path.startsWith(`${scope}/`);

/** The innermost loop whose body the node is in. */
export function loopAround({ owner }: Place): NodeId | undefined {
  if (owner.kind === 'root') return undefined;
  return owner.kind === 'loop' ? owner.place.path : loopAround(owner.place);
}
