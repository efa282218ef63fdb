import type {
  BranchShape,
  ChildShape,
  DelayShape,
  ElementShape,
  ForkShape,
  LoopShape,
  MapShape,
  Sequence,
  Shape,
  SignalShape,
  StepShape,
} from '../../model/definition.ts';
import type { RunStatus } from '../../model/run.ts';

export type GraphKind = 'start' | 'end' | ElementShape['kind'] | 'join';

export interface GraphNode {
  /** Unique in the graph. Nodes that stand for no node of a run have a `#` in it: start, end, the head of a fork. */
  readonly id: string;
  /** Of the node of a run that this one stands for. */
  readonly path?: string;
  readonly kind: GraphKind;
  readonly label: string;
  readonly status?: RunStatus;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** The key of a route, the name of a branch, how a loop goes on, or `timeout` where a signal does not come. */
  readonly label?: string;
}

/** A definition, or a run of it, as nodes and edges. */
export interface Graph {
  readonly name: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** An end that the next element is connected to. */
interface Tail {
  readonly from: string;
  readonly label?: string;
}

/** @param statuses of a run's nodes, by path */
export function graphOf(shape: Shape, statuses: ReadonlyMap<string, RunStatus> = new Map()): Graph {
  const drawing = new Drawing(statuses);
  drawing.node({ id: '#start', kind: 'start', label: shape.name });
  const tails = drawing.sequence(shape.body, undefined, [{ from: '#start' }]);
  drawing.node({ id: '#end', kind: 'end', label: 'end' }, tails);
  return { name: shape.name, nodes: drawing.nodes, edges: drawing.edges };
}

class Drawing {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly #statuses: ReadonlyMap<string, RunStatus>;

  constructor(statuses: ReadonlyMap<string, RunStatus>) {
    this.#statuses = statuses;
  }

  /** Adds a node that follows the given ends, and gives back its own. */
  node(node: GraphNode, tails: readonly Tail[] = []): Tail[] {
    const status = node.path === undefined ? undefined : this.#statuses.get(node.path);
    this.nodes.push({ ...node, ...(status !== undefined && { status }) });
    this.#connect(tails, node.id);
    return [{ from: node.id }];
  }

  #connect(tails: readonly Tail[], to: string): void {
    for (const { from, label } of tails) this.edges.push({ from, to, ...(label !== undefined && { label }) });
  }

  sequence(body: Sequence, base: string | undefined, tails: readonly Tail[]): readonly Tail[] {
    return body.reduce(
      (before, element) =>
        this.#element(element, base === undefined ? element.id : `${base}/${element.id}`, before),
      tails,
    );
  }

  #element(element: ElementShape, path: string, tails: readonly Tail[]): readonly Tail[] {
    switch (element.kind) {
      case 'signal':
        return this.#signal(element, path, tails);
      case 'fork':
        return this.#fork(element, path, tails);
      case 'branch':
        return this.#branch(element, path, tails);
      case 'loop':
        return this.#loop(element, path, tails);
      default:
        return this.node({ id: path, path, kind: element.kind, label: labelOf(element) }, tails);
    }
  }

  #signal(element: SignalShape, path: string, tails: readonly Tail[]): readonly Tail[] {
    const own = this.node({ id: path, path, kind: 'signal', label: labelOf(element) }, tails);
    if (!element.onTimeout) return own;
    return [...own, ...this.sequence(element.onTimeout, `${path}/~`, [{ from: path, label: 'timeout' }])];
  }

  #fork({ branches, join }: ForkShape, path: string, tails: readonly Tail[]): readonly Tail[] {
    const head = `${path}#fork`;
    this.node({ id: head, kind: 'fork', label: 'fork' }, tails);
    const ends = branches.flatMap(({ body, name }) =>
      this.sequence(body, `${path}/${name}`, [{ from: head, label: name }]),
    );
    const kind = join.kind === 'map' ? 'join' : 'step';
    return this.node({ id: path, path, kind, label: labelOf(join) }, ends);
  }

  #branch({ id, otherwise, routes }: BranchShape, path: string, tails: readonly Tail[]): readonly Tail[] {
    this.node({ id: path, path, kind: 'branch', label: id }, tails);
    const follow = (key: string, body: Sequence, label: string) =>
      this.sequence(body, `${path}/${key}`, [{ from: path, label }]);
    const ends = routes.flatMap(({ body, key }) => follow(key, body, key));
    return otherwise ? [...ends, ...follow('~', otherwise, 'otherwise')] : ends;
  }

  #loop({ body, id, maxIterations }: LoopShape, path: string, tails: readonly Tail[]): readonly Tail[] {
    this.node({ id: path, path, kind: 'loop', label: `${id}, at most ${maxIterations} times` }, tails);
    const ends = this.sequence(body, path, [{ from: path }]);
    this.#connect(
      ends.map(({ from }) => ({ from, label: 'again' })),
      path,
    );
    return ends.map(({ from }) => ({ from, label: 'done' }));
  }
}

function labelOf(element: StepShape | MapShape | DelayShape | SignalShape | ChildShape): string {
  const { id } = element;
  const named = (name: string) => (name === id ? id : `${id}: ${name}`);
  switch (element.kind) {
    case 'step':
      return named(element.task);
    case 'signal':
      return named(element.signal);
    case 'child':
      return named(element.workflow);
    case 'map':
      return id;
    case 'delay':
      return `${id}: ${lengthOf(element.delayMs)}`;
  }
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const;

/** As it is written in a definition: a whole number of the largest unit that fits. */
function lengthOf(ms: number): string {
  const [unit, length] = units.find(([, each]) => ms % each === 0) ?? ['ms', 1];
  return `${ms / length}${unit}`;
}
