import { colours } from './colours.ts';
import type { Graph, GraphKind } from './graph.ts';
import { type Box, type Placed, type Point, place, shortened } from './layout.ts';

const plain = { fill: '#ffffff', stroke: '#52606d' };
const ink = '#1f2933';

/** A graph as an SVG document that stands alone: no scripts, no style sheets, nothing loaded. */
export function toSvg(graph: Graph): string {
  const { edges, height, nodes, width } = place(graph);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13" role="img">`,
    `<title>${escaped(graph.name)}</title>`,
    `<defs><marker id="arrow" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L10 5L0 10z" fill="${plain.stroke}"/></marker></defs>`,
    // The nodes last: they cover the ends of the lines.
    ...edges.map(drawEdge),
    ...nodes.map(drawNode),
    '</svg>\n',
  ].join('\n');
}

function drawEdge({ label, line }: Placed['edges'][number]): string {
  const path = `<path d="M${line.points.map(shown).join('L')}" fill="none" stroke="${plain.stroke}" marker-end="url(#arrow)"/>`;
  if (label === undefined) return path;
  return `${path}<text ${at(line.middle)} text-anchor="middle" dominant-baseline="central" font-size="11" fill="${ink}" stroke="#ffffff" stroke-width="3" paint-order="stroke">${escaped(shortened(label))}</text>`;
}

function drawNode({ box, kind, label, path, status }: Placed['nodes'][number]): string {
  const { fill, stroke } = status === undefined ? plain : colours[status];
  const of = path === undefined ? '' : ` data-path="${escaped(path)}"`;
  const state = status === undefined ? '' : ` data-status="${status}"`;
  const full = status === undefined ? label : `${label}: ${status}`;
  return [
    `<g class="${kind}${status === undefined ? '' : ` ${status}`}"${of}${state}>`,
    `<title>${escaped(full)}</title>`,
    `<${outline(kind, box)} fill="${fill}" stroke="${stroke}"${line(kind)}/>`,
    `<text ${at(box)} text-anchor="middle" dominant-baseline="central" fill="${ink}">${escaped(shortened(label))}</text>`,
    '</g>',
  ].join('');
}

function outline(kind: GraphKind, { height, width, x, y }: Box): string {
  if (kind === 'branch') {
    const corners = [
      { x, y: y - height / 2 },
      { x: x + width / 2, y },
      { x, y: y + height / 2 },
      { x: x - width / 2, y },
    ];
    return `polygon points="${corners.map(shown).join(' ')}"`;
  }
  const radius = {
    start: height / 2,
    end: height / 2,
    map: 12,
    join: 12,
    step: 4,
    delay: 4,
    signal: 12,
    child: 4,
    fork: 0,
    loop: 4,
  }[kind];
  const corner = `x="${rounded(x - width / 2)}" y="${rounded(y - height / 2)}"`;
  return `rect ${corner} width="${rounded(width)}" height="${rounded(height)}" rx="${radius}"`;
}

// What waits, what repeats and what is a run of its own look unlike what works once.
function line(kind: GraphKind): string {
  if (kind === 'delay' || kind === 'signal') return ' stroke-dasharray="2 3"';
  if (kind === 'child') return ' stroke-width="3"';
  return kind === 'loop' ? ' stroke-dasharray="8 3"' : '';
}

const rounded = (length: number) => Math.round(length * 10) / 10;
const shown = ({ x, y }: Point) => `${rounded(x)},${rounded(y)}`;
const at = ({ x, y }: Point) => `x="${rounded(x)}" y="${rounded(y)}"`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** As text and as the value of an attribute. What XML cannot carry at all becomes a replacement character. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u{fffe}\u{ffff}]/gu, '\u{fffd}')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
