import { defineTask, defineWorkflow } from 'holdfast';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type Graph, type GraphNode, graphOf } from '../../../lib/define/graph/graph.ts';
import { place } from '../../../lib/define/graph/layout.ts';
import { toMermaid } from '../../../lib/define/graph/mermaid.ts';
import { toSvg } from '../../../lib/define/graph/svg.ts';
import { taskDefinition } from '../../../lib/define/task-definition.ts';
import type { RunStatus } from '../../../lib/model/run.ts';
import { Count, everything, task, waiting } from './samples.ts';

const edgesOf = ({ edges }: Graph) =>
  edges.map(({ from, label, to }) => `${from} > ${to}${label === undefined ? '' : ` (${label})`}`);

describe('the graph of a definition', () => {
  const graph = graphOf(everything().shape);

  it('has a node for each node of a run, and for start, end and the heads of forks', () => {
    expect(graph.name).toBe('everything');
    expect(graph.nodes.map(({ id, kind, label }) => `${id} ${kind} ${label}`)).toEqual([
      '#start start everything',
      'validate step validate',
      'confirm#fork fork fork',
      'confirm/payment/charge step charge',
      'confirm/stock/reserve step reserve',
      'confirm/stock/settle delay settle: 90s',
      'confirm join confirm',
      'route branch route',
      'route/fast/fly step fly',
      'route/~/wait step wait',
      'shape map shape',
      'poll loop poll, at most 20 times',
      'poll/pause delay pause: 1h',
      'poll/check step check',
      '#end end end',
    ]);
  });

  it('has an edge for each way on', () => {
    expect(edgesOf(graph).sort()).toEqual(
      [
        '#start > validate',
        'validate > confirm#fork',
        'confirm#fork > confirm/payment/charge (payment)',
        'confirm#fork > confirm/stock/reserve (stock)',
        'confirm/stock/reserve > confirm/stock/settle',
        'confirm/payment/charge > confirm',
        'confirm/stock/settle > confirm',
        'confirm > route',
        'route > route/fast/fly (fast)',
        'route > route/~/wait (otherwise)',
        'route/fast/fly > shape',
        'route/~/wait > shape',
        'shape > poll',
        'poll > poll/pause',
        'poll/pause > poll/check',
        'poll/check > poll (again)',
        'poll/check > #end (done)',
      ].sort(),
    );
  });

  it('leads from a signal on, and where it does not come, to what follows its timeout', () => {
    const { edges, nodes } = graphOf(waiting().shape);
    expect(nodes.map(({ id, kind, label }) => `${id} ${kind} ${label}`)).toEqual([
      '#start start waiting',
      'approved signal approved',
      'approved/~/remind step remind',
      'approved/~/grace delay grace: 1h',
      'payment signal payment: paid',
      'invoice child invoice',
      'copy child copy: invoice',
      '#end end end',
    ]);
    expect(edgesOf({ name: '', nodes, edges }).sort()).toEqual(
      [
        '#start > approved',
        'approved > approved/~/remind (timeout)',
        'approved/~/remind > approved/~/grace',
        'approved > payment',
        'approved/~/grace > payment',
        'payment > invoice',
        'invoice > copy',
        'copy > #end',
      ].sort(),
    );
    const { shape } = defineWorkflow('w', { input: Count })
      .awaitSignal('go', { timeout: '1d', onTimeout: (b) => b })
      .build();
    expect(edgesOf(graphOf(shape))).toEqual(['#start > go', 'go > #end', 'go > #end (timeout)']);
  });

  it('leads around routes without elements', () => {
    const { shape } = defineWorkflow('w', { input: Count })
      .branch('r', () => 'a' as 'a' | 'b', { a: (b) => b, b: (b) => b })
      .build();
    expect(edgesOf(graphOf(shape))).toEqual(['#start > r', 'r > #end (a)', 'r > #end (b)']);
    expect(place(graphOf(shape)).edges.map(({ line }) => line.points.length > 1)).toEqual([true, true, true]);
  });

  it('shows the task of a step that has an id of its own, and a task as one step', () => {
    const joining = defineTask({ name: 'joining', input: z.unknown(), run: () => 1 });
    const { shape } = defineWorkflow('w', { input: Count })
      .step(task('a'), { id: 'first' })
      .fork({ x: (b) => b.step(task('a')) })
      .join(joining)
      .build();
    const labels = graphOf(shape).nodes.map(({ kind, label }) => `${kind} ${label}`);
    expect(labels).toEqual(['start w', 'step first: a', 'fork fork', 'step a', 'step joining', 'end end']);
    const single = graphOf(taskDefinition(task('a')).shape);
    expect(edgesOf(single)).toEqual(['#start > task', 'task > #end']);
  });

  it('carries the statuses of a run', () => {
    const statuses = new Map<string, RunStatus>([
      ['validate', 'succeeded'],
      ['confirm', 'waiting'],
      ['elsewhere', 'failed'],
    ]);
    const shown = graphOf(everything().shape, statuses).nodes.filter(({ status }) => status !== undefined);
    expect(shown.map(({ id, status }) => `${id} ${status}`)).toEqual([
      'validate succeeded',
      'confirm waiting',
    ]);
  });
});

describe('as Mermaid', () => {
  it('draws each kind of node in its outline', () => {
    expect(toMermaid(graphOf(everything().shape))).toBe(`flowchart TD
  n0(["everything"])
  n1["validate"]
  n2[/"fork"/]
  n3["charge"]
  n4["reserve"]
  n5{{"settle: 90s"}}
  n6("confirm")
  n7{"route"}
  n8["fly"]
  n9["wait"]
  n10("shape")
  n11[["poll, at most 20 times"]]
  n12{{"pause: 1h"}}
  n13["check"]
  n14(["end"])
  n0 --> n1
  n1 --> n2
  n2 -->|"payment"| n3
  n2 -->|"stock"| n4
  n4 --> n5
  n3 --> n6
  n5 --> n6
  n6 --> n7
  n7 -->|"fast"| n8
  n7 -->|"otherwise"| n9
  n8 --> n10
  n9 --> n10
  n10 --> n11
  n11 --> n12
  n12 --> n13
  n13 -->|"again"| n11
  n13 -->|"done"| n14
`);
  });

  it('draws what waits for something from outside', () => {
    expect(toMermaid(graphOf(waiting().shape)).split('\n').slice(1, 10)).toEqual([
      '  n0(["waiting"])',
      '  n1>"approved"]',
      '  n2["remind"]',
      '  n3{{"grace: 1h"}}',
      '  n4>"payment: paid"]',
      '  n5[/"invoice"\\]',
      '  n6[/"copy: invoice"\\]',
      '  n7(["end"])',
      '  n0 --> n1',
    ]);
  });

  it('gives nodes a class by status', () => {
    const statuses = new Map<string, RunStatus>([
      ['validate', 'succeeded'],
      ['poll', 'running'],
      ['confirm', 'succeeded'],
    ]);
    const lines = toMermaid(graphOf(everything().shape, statuses)).split('\n');
    expect(lines).toContain('  class n1,n6 succeeded');
    expect(lines).toContain('  class n11 running');
    expect(lines.filter((line) => line.includes('classDef'))).toHaveLength(2);
  });

  it('escapes what could end a text or begin something else', () => {
    const text = toMermaid(graphWith('a"] --> b\n click x "javascript:1" <b>&#;`|é'));
    expect(text.split('\n')[1]).toBe(
      '  n0["a#34;#93; --#62; b#10; click x #34;javascript:1#34; #60;b#62;#38;#35;#59;#96;#124;é"]',
    );
    expect(text.split('\n')[2]).toBe('  n0 -->|"#34;#124;"| n0');
  });
});

describe('as SVG', () => {
  it('is well-formed, and names each node and status', () => {
    const svg = toSvg(graphOf(everything().shape, new Map([['poll/check', 'failed']])));
    const tags = parse(svg);
    const paths = tags.flatMap(({ attributes }) => attributes.get('data-path') ?? []);
    expect(paths).toHaveLength(12);
    const failed = tags.find(({ attributes }) => attributes.get('data-path') === 'poll/check');
    expect(Object.fromEntries(failed?.attributes ?? [])).toEqual({
      class: 'step failed',
      'data-path': 'poll/check',
      'data-status': 'failed',
    });
    expect(tags.filter(({ name }) => name === 'g')).toHaveLength(15);
    expect(tags.filter(({ attributes }) => attributes.has('marker-end'))).toHaveLength(17);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('draws signals and children, and the way to what follows a timeout', () => {
    const svg = toSvg(graphOf(waiting().shape, new Map([['approved', 'waiting']])));
    const classes = parse(svg).flatMap(({ attributes, name }) =>
      name === 'g' ? attributes.get('class') : [],
    );
    expect(classes).toEqual(['start', 'signal waiting', 'step', 'delay', 'signal', 'child', 'child', 'end']);
    expect(svg).toContain('>timeout</text>');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('keeps hostile names what they are: text', () => {
    const hostile = `<script>alert("1")</script>'&amp;]]>\u0000\u001b\ud800\uffff`;
    const svg = toSvg(graphWith(hostile));
    const names = new Set(parse(svg).map(({ name }) => name));
    expect([...names].sort()).toEqual(['defs', 'g', 'marker', 'path', 'rect', 'svg', 'text', 'title']);
    expect(svg.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u{fffe}\u{ffff}]/u);
    expect(svg.isWellFormed()).toBe(true);
    const title = /<g[^>]*><title>([^<]*)<\/title>/.exec(svg)?.[1] ?? '';
    expect(title).toContain('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&#39;&amp;amp;]]&gt;');
  });

  it('shortens long labels, and tells them whole in the title', () => {
    const long = 'x'.repeat(64);
    const svg = toSvg(graphWith(long));
    expect(svg).toContain(`<title>${long}</title>`);
    expect(svg).toContain(`>${'x'.repeat(35)}…${'x'.repeat(12)}</text>`);
  });

  it.each([1, 40, 400])('lays %i steps and a fork out without overlap, within its size', (count) => {
    const steps = Array.from({ length: count }, (_, index) => ({ kind: 'map' as const, id: `m${index}` }));
    const branches = ['a', 'b', 'c'].map((name) => ({ name, body: steps.slice(0, 3) }));
    const fork = { kind: 'fork' as const, id: 'f', branches, join: { kind: 'map' as const, id: 'f' } };
    const { height, nodes, width } = place(graphOf({ kind: 'workflow', name: 'w', body: [...steps, fork] }));
    const boxes = nodes.map(({ box }) => box);
    for (const [index, { height: h, width: w, x, y }] of boxes.entries()) {
      expect(x - w / 2 >= 0 && x + w / 2 <= width && y - h / 2 >= 0 && y + h / 2 <= height).toBe(true);
      for (const other of boxes.slice(index + 1)) {
        const apart =
          Math.abs(x - other.x) >= (w + other.width) / 2 || Math.abs(y - other.y) >= (h + other.height) / 2;
        expect(apart).toBe(true);
      }
    }
  });
});

/** A graph of one node with an edge to itself, both labelled. */
function graphWith(label: string): Graph {
  const node: GraphNode = { id: label, path: label, kind: 'step', label };
  return { name: label, nodes: [node], edges: [{ from: label, to: label, label: '"|' }] };
}

interface Tag {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

/** The elements of an XML document without comments or sections. Throws where it is not well-formed. */
function parse(xml: string): Tag[] {
  const open: string[] = [];
  const tags: Tag[] = [];
  const token = /<\/([a-z]+)>|<([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>|([^<]+)/gy;
  let end = 0;
  for (const match of xml.matchAll(token)) {
    end = match.index + match[0].length;
    const [all, closing, opening, attributes = '', empty] = match;
    if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(all)) throw new Error(`a bare & in ${all}`);
    if (closing !== undefined && open.pop() !== closing) throw new Error(`</${closing}> ends something else`);
    if (opening === undefined) continue;
    const pairs = [...attributes.matchAll(/ ([^=]+)="([^"]*)"/g)];
    tags.push({ name: opening, attributes: new Map(pairs.map(([, key = '', value = '']) => [key, value])) });
    if (!empty) open.push(opening);
  }
  if (end !== xml.length) throw new Error(`not well-formed at ${xml.slice(end, end + 40)}`);
  if (open.length > 0) throw new Error(`not closed: ${open.join(', ')}`);
  return tags;
}
