import { Graph as Layout, layout, type NodeLabel } from '@dagrejs/dagre';
import type { Graph, GraphEdge, GraphNode } from './graph.ts';

const characterWidth = 7.5;
const padding = 28;
const nodeHeight = 36;
const edgeTextHeight = 16;
const labelLengthMax = 48;
/** Above this many nodes they are put into layers by a faster way, which gives longer edges. */
const thoroughNodesMax = 300;

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Around its middle. */
export interface Box extends Point {
  readonly width: number;
  readonly height: number;
}

export interface Line {
  readonly points: readonly Point[];
  /** The middle of its text. */
  readonly middle: Point;
}

/** Where the nodes and edges of a graph are drawn, in pixels. */
export interface Placed {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly (GraphNode & { readonly box: Box })[];
  readonly edges: readonly (GraphEdge & { readonly line: Line })[];
}

/** Lays a graph out in layers, from top to bottom. */
export function place({ edges, nodes }: Graph): Placed {
  // Several routes without elements join the same two nodes.
  const placed = new Layout<object, NodeLabel, Partial<Line & Point>>({ multigraph: true });
  placed.setGraph({
    rankdir: 'TB',
    ranksep: 40,
    nodesep: 30,
    marginx: 16,
    marginy: 16,
    ranker: nodes.length > thoroughNodesMax ? 'longest-path' : 'network-simplex',
  });
  for (const { id, kind, label } of nodes) {
    // A rhombus has only half of its width at half of its height.
    const stretch = kind === 'branch' ? 1.6 : 1;
    placed.setNode(id, { width: (widthOf(label) + padding) * stretch, height: nodeHeight * stretch });
  }
  edges.forEach(({ from, label, to }, index) => {
    const size = label === undefined ? {} : { width: widthOf(label), height: edgeTextHeight };
    placed.setEdge(from, to, { ...size, labelpos: 'c' } as object, `${index}`);
  });
  layout(placed);
  const { height = 0, width = 0 } = placed.graph() as Partial<Box>;
  return {
    width: Math.ceil(width),
    height: Math.ceil(height),
    nodes: nodes.map((node) => ({ ...node, box: boxOf(placed.node(node.id)) })),
    edges: edges.map((edge, index) => {
      const { points = [], x = 0, y = 0 } = placed.edge(edge.from, edge.to, `${index}`);
      return { ...edge, line: { points, middle: { x, y } } };
    }),
  };
}

function boxOf({ height, width, x = 0, y = 0 }: NodeLabel): Box {
  return { x, y, width, height };
}

/** A text as it is drawn: the middle of a long one is left out. */
export function shortened(text: string): string {
  return text.length <= labelLengthMax ? text : `${text.slice(0, labelLengthMax - 13)}…${text.slice(-12)}`;
}

const widthOf = (text: string) => shortened(text).length * characterWidth;
