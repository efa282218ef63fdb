import type { RunStatus } from '../../model/run.ts';
import { colours } from './colours.ts';
import type { Graph, GraphKind, GraphNode } from './graph.ts';

/** The brackets of a node's outline, by kind. */
const outlines: Record<GraphKind, readonly [string, string]> = {
  start: ['([', '])'],
  end: ['([', '])'],
  step: ['[', ']'],
  map: ['(', ')'],
  join: ['(', ')'],
  delay: ['{{', '}}'],
  signal: ['>', ']'],
  child: ['[/', '\\]'],
  fork: ['[/', '/]'],
  branch: ['{', '}'],
  loop: ['[[', ']]'],
};

/** A graph as a Mermaid flowchart. */
export function toMermaid({ edges, nodes }: Graph): string {
  // Ids of our own: Mermaid has reserved words, and paths have slashes.
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const lines = [
    ...nodes.map((node) => `  ${names.get(node.id)}${outlined(node)}`),
    ...edges.map(({ from, label, to }) => {
      const arrow = label === undefined ? '-->' : `-->|"${escaped(label)}"|`;
      return `  ${names.get(from)} ${arrow} ${names.get(to)}`;
    }),
    ...classes(nodes, names),
  ];
  return `flowchart TD\n${lines.join('\n')}\n`;
}

function outlined({ kind, label }: GraphNode): string {
  const [open, close] = outlines[kind];
  return `${open}"${escaped(label)}"${close}`;
}

function classes(nodes: readonly GraphNode[], names: ReadonlyMap<string, string>): string[] {
  const byStatus = new Map<RunStatus, string[]>();
  for (const { id, status } of nodes) {
    if (status === undefined) continue;
    byStatus.set(status, [...(byStatus.get(status) ?? []), names.get(id) ?? '']);
  }
  return [...byStatus].flatMap(([status, members]) => {
    const { fill, stroke } = colours[status];
    return [
      `  classDef ${status} fill:${fill},stroke:${stroke},color:#1f2933`,
      `  class ${members.join(',')} ${status}`,
    ];
  });
}

/** Mermaid takes entities by number; whatever could end a text, begin markup or break the line becomes one. */
function escaped(text: string): string {
  return text.replace(/[^\p{L}\p{N} .,:;_~()/-]|;/gu, (character) => `#${character.codePointAt(0)};`);
}
