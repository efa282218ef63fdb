import { useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { type Graph, graphOf } from '../../lib/define/graph/graph.ts';
import type { Box, Placed } from '../../lib/define/graph/layout.ts';
import type { Shape } from '../../lib/model/definition.ts';
import type { RunStatus } from '../../lib/model/run.ts';
import { visible } from '../app/format.ts';
import { laidOut } from '../app/layout.ts';
import { asHoldfastError } from '../app/resource.ts';
import { signs } from './status.tsx';
import { Empty } from './text.tsx';

interface GraphViewProps {
  readonly shape: Shape;
  /** Of a run, by the paths of its nodes. */
  readonly statuses?: ReadonlyMap<string, RunStatus>;
  readonly selected?: string | undefined;
  readonly onSelect?: (path: string) => void;
}

const none: ReadonlyMap<string, RunStatus> = new Map();

/** A definition, or a run of it, as nodes and lines. It is laid out once; states come and go in it. */
export function GraphView({ shape, statuses = none, selected, onSelect }: GraphViewProps) {
  const graph = useMemo(() => graphOf(shape), [shape]);
  const placed = useLayout(graph);
  const scale = useSignal<number | undefined>(undefined);
  if (typeof placed === 'string') return <Empty>{placed}</Empty>;
  const fit = Math.min(1, 560 / placed.width, 620 / placed.height);
  const shown = scale.value ?? Math.max(fit, 0.45);
  const zoom = (factor: number) => () => {
    scale.value = Math.min(2, Math.max(0.1, shown * factor));
  };
  return (
    <div class="graph">
      <div class="zoom">
        <button type="button" aria-label="Larger" onClick={zoom(1.25)}>
          +
        </button>
        <button type="button" aria-label="Smaller" onClick={zoom(0.8)}>
          −
        </button>
        <button
          type="button"
          onClick={() => {
            scale.value = fit;
          }}
        >
          Fit
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class="graph-box" tabIndex={0} aria-label="Graph, scrollable">
        <Drawing
          placed={placed}
          scale={shown}
          statuses={statuses}
          selected={selected}
          {...(onSelect && { onSelect })}
        />
      </section>
    </div>
  );
}

/** Where it is drawn, once that is known; before that, and if it fails, a sentence. */
function useLayout(graph: Graph): Placed | string {
  const state = useSignal<{ readonly graph: Graph; readonly placed: Placed | string } | undefined>(undefined);
  useEffect(() => {
    let isOver = false;
    laidOut(graph).then(
      (placed) => {
        if (!isOver) state.value = { graph, placed };
      },
      (error: unknown) => {
        if (!isOver) state.value = { graph, placed: asHoldfastError(error).message };
      },
    );
    return () => {
      isOver = true;
    };
  }, [graph, state]);
  return state.value?.graph === graph ? state.value.placed : 'Laying out the graph…';
}

interface DrawingProps extends Required<Pick<GraphViewProps, 'statuses'>> {
  readonly placed: Placed;
  readonly scale: number;
  readonly selected: string | undefined;
  readonly onSelect?: (path: string) => void;
}

function Drawing({ placed, scale, statuses, selected, onSelect }: DrawingProps) {
  const drawing = useRef<SVGSVGElement>(null);
  const { edges, height, nodes, width } = placed;
  const open = nodes.filter(({ path }) => path !== undefined && onSelect);
  const first = open.find(({ path }) => path === selected) ?? open[0];
  const lines = useMemo(() => <Edges edges={edges} />, [edges]);
  /** One node is reached by Tab, the others from it by arrows. */
  const move = (event: KeyboardEvent, id: string) => {
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = open[open.findIndex((each) => each.id === id) + step];
    const found = [...(drawing.current?.querySelectorAll<SVGGElement>('g[data-node]') ?? [])];
    found.find(({ dataset }) => dataset.node === next?.id)?.focus();
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: there is no other element for a drawing
    <svg
      ref={drawing}
      class="drawing"
      width={width * scale}
      height={height * scale}
      viewBox={`0 0 ${width} ${height}`}
      role="group"
      aria-label={`Graph of ${nodes.length} nodes; arrow keys move between them`}
    >
      <title>Graph</title>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 10 10"
          refX="9"
          refY="5"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
        >
          <path d="M0 0L10 5L0 10z" />
        </marker>
      </defs>
      {lines}
      {nodes.map((node) => (
        <GraphNode
          key={node.id}
          node={node}
          status={node.path === undefined ? undefined : statuses.get(node.path)}
          isSelected={node.path !== undefined && node.path === selected}
          isFirst={node.id === first?.id}
          onMove={move}
          {...(onSelect && node.path !== undefined && { onSelect })}
        />
      ))}
    </svg>
  );
}

function Edges({ edges }: Pick<Placed, 'edges'>) {
  return (
    <g class="edges">
      {edges.map(({ from, label, line, to }) => (
        <g key={`${from} ${to} ${label ?? ''}`}>
          <path d={`M${line.points.map(({ x, y }) => `${round(x)},${round(y)}`).join('L')}`} />
          {label !== undefined && (
            <text x={line.middle.x} y={line.middle.y}>
              {short(label)}
            </text>
          )}
        </g>
      ))}
    </g>
  );
}

interface GraphNodeProps {
  readonly node: Placed['nodes'][number];
  readonly status: RunStatus | undefined;
  readonly isSelected: boolean;
  readonly isFirst: boolean;
  readonly onMove: (event: KeyboardEvent, id: string) => void;
  readonly onSelect?: (path: string) => void;
}

function GraphNode({ node, status, isSelected, isFirst, onMove, onSelect }: GraphNodeProps) {
  const { box, id, kind, label, path } = node;
  const name = `${visible(label)}${status === undefined ? '' : `: ${status}`}`;
  const select = () => path !== undefined && onSelect?.(path);
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      select();
    } else onMove(event, id);
  };
  const state = `${status === undefined ? '' : ` is-${status}`}${isSelected ? ' is-selected' : ''}`;
  const opens = onSelect && {
    role: 'button' as const,
    // In SVG the names of attributes are as they are written.
    tabindex: isFirst ? 0 : -1,
    'aria-pressed': isSelected,
    onClick: select,
    onKeyDown: keys,
  };
  return (
    <g class={`node kind-${kind}${state}`} data-node={id} aria-label={name} {...opens}>
      <title>{name}</title>
      <Outline box={box} kind={kind} />
      {status !== undefined && (
        <path
          class="sign"
          d={signs[status]}
          transform={`translate(${round(box.x - box.width / 2 + (kind === 'branch' ? box.width * 0.2 : 5))} ${round(box.y - 6)}) scale(0.75)`}
        />
      )}
      <text x={round(box.x + (status === undefined ? 0 : 6))} y={round(box.y)}>
        {short(label)}
      </text>
    </g>
  );
}

function Outline({ box: { height, width, x, y }, kind }: { readonly box: Box; readonly kind: string }) {
  if (kind === 'branch') {
    const corners = [
      [x, y - height / 2],
      [x + width / 2, y],
      [x, y + height / 2],
      [x - width / 2, y],
    ];
    return <polygon class="outline" points={corners.map((each) => each.map(round).join(',')).join(' ')} />;
  }
  const isRound = kind === 'start' || kind === 'end';
  return (
    <rect
      class="outline"
      x={round(x - width / 2)}
      y={round(y - height / 2)}
      width={round(width)}
      height={round(height)}
      rx={isRound ? height / 2 : 8}
    />
  );
}

const round = (length: number) => Math.round(length * 10) / 10;

function short(text: string): string {
  const seen = visible(text);
  return seen.length <= 48 ? seen : `${seen.slice(0, 35)}…${seen.slice(-12)}`;
}
