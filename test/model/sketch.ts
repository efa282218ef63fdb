import type { Run, RunNode } from '../../lib/model/run.ts';
import type { Transition } from '../../lib/model/transition.ts';
import { pathOf } from '../../lib/testing/tree-writes.ts';
import { runIndex } from './scenario.ts';
import type { Held } from './state.ts';

/** A value as text with holes, and what fills the holes: values that differ only in names and in the hour have one text. */
export interface Sketch {
  /** Stands for the text. */
  readonly number: number;
  /** Pairs: what kind of hole, and what fills it. */
  readonly holes: readonly number[];
}

export const timeHole = 0;
export const nonceHole = 1;
/** An epoch or a revision: only compared with others of its run. */
const countHole = 2;

/** Attributes that no decision of the protocol reads. */
const ignored: readonly string[] = [
  ...['tenant', 'kind', 'name', 'pool', 'priority', 'tags', 'createdAt', 'endedAt', 'expires'],
  ...[
    'startedAt',
    'worker',
    'since',
    'reason',
    'skewMs',
    'leaseUntil',
    'key',
    'traceparent',
    'resumed',
    'failure',
  ],
  // Of values it only matters whether they are there; the last are what the checks need besides.
  ...['text', 'history', 'shape'],
];
const times: readonly string[] = ['at', 'notBefore', 'until', 'seenAt', 'permit'];

type Kind = 'ignored' | 'time' | 'epoch' | 'rev' | 'nonce' | 'held' | 'plain';

/** How an attribute is drawn, and the letter that stands for its name. */
interface Attribute {
  readonly kind: Kind;
  readonly sign: string;
}

const attributes = new Map<string, Attribute>();
/** The first letter of those that no text has. */
const signs = 0xe000;

function attributeOf(name: string): Attribute {
  let found = attributes.get(name);
  if (!found) {
    found = { kind: kindOf(name), sign: String.fromCharCode(signs + attributes.size) };
    attributes.set(name, found);
  }
  return found;
}

function kindOf(name: string): Kind {
  if (ignored.includes(name)) return 'ignored';
  if (times.includes(name)) return 'time';
  return name === 'epoch' || name === 'rev' || name === 'nonce' || name === 'held' ? name : 'plain';
}

/** Texts are long and few. */
const numbers = new Map<string, number>();

function numberOf(text: string): number {
  let found = numbers.get(text);
  if (found === undefined) {
    found = numbers.size;
    numbers.set(text, found);
  }
  return found;
}

const nothing: Sketch = { number: numberOf(''), holes: [] };

/** Runs, transitions, actors and messages are shared by many states. */
const known = new WeakMap<object, Sketch>();

export function sketchOf(value: object | undefined): Sketch {
  if (value === undefined) return nothing;
  return known.get(value) ?? made(value, drawAny);
}

/** Whether the list has the same before: what happens to the one may happen to the other. */
export function isRepeated(list: readonly object[], index: number): boolean {
  if (index === 0) return false;
  const { holes, number } = sketchOf(list[index]);
  return list.slice(0, index).some((each) => {
    const other = sketchOf(each);
    return other.number === number && other.holes.every((hole, at) => hole === holes[at]);
  });
}

type Drawer<T> = (value: T, out: Draft) => void;

interface Draft {
  text: string;
  readonly holes: number[];
  /** Of the run whose counters are drawn. */
  run: number;
}

const noHoles: readonly number[] = [];

function made<T extends object>(value: T, drawer: Drawer<T>, run = 0): Sketch {
  const draft: Draft = { text: '', holes: [], run };
  drawer(value, draft);
  const sketch = { number: numberOf(draft.text), holes: draft.holes.length > 0 ? draft.holes : noHoles };
  known.set(value, sketch);
  return sketch;
}

/** Takes a part in, which has a sketch of its own. */
function merge<T extends object>(value: T, drawer: Drawer<T>, out: Draft): void {
  const { holes, number } = known.get(value) ?? made(value, drawer, out.run);
  out.text += `&${number}`;
  for (const each of holes) out.holes.push(each);
}

function drawAny(value: object, out: Draft): void {
  if ('guards' in value) drawTransition(value as Transition, out);
  else if ('nodes' in value) drawRun(value as Run, out);
  else drawObject(value, out);
}

function drawObject(value: object, out: Draft): void {
  if ('run' in value && typeof value.run === 'number') out.run = value.run;
  out.text += '{';
  for (const name in value) draw(value[name as keyof typeof value], attributeOf(name), out);
  out.text += '}';
}

function draw(value: unknown, { kind, sign }: Attribute, out: Draft): void {
  if (kind === 'ignored') return;
  out.text += sign;
  if (typeof value === 'number') drawNumber(value, kind, out);
  else if (kind === 'nonce' && typeof value === 'string') {
    out.text += '$';
    out.holes.push(nonceHole, Number(value.slice('nonce-'.length)));
  } else if (typeof value !== 'object' || value === null) out.text += String(value);
  else if (kind === 'held') merge(value as Held, drawHeld, out);
  else if ('nodes' in value || 'guards' in value) merge(value, drawAny, out);
  else drawObject(value, out);
}

function drawNumber(value: number, kind: Kind, out: Draft): void {
  if (kind === 'time') {
    out.text += '@';
    out.holes.push(timeHole, value);
  } else if (kind === 'epoch' || kind === 'rev') {
    out.text += '#';
    out.holes.push(countHole, (out.run * 2 + (kind === 'rev' ? 1 : 0)) * 65_536 + value);
  } else out.text += String(value);
}

/** Of its snapshot a holder reads no more than this. */
function drawHeld({ fence, message, run, until }: Held, out: Draft): void {
  out.run = message.run;
  const { at, control, epoch, hasHistory, nodes, rev } = run;
  const { attempt, child, signal } = nodes[fence.node] ?? {};
  const own = { attempt, child: child?.status, signal: signal?.timedOut };
  drawObject({ fence, message, until, at, control, epoch, hasHistory, rev, own }, out);
  for (const path in nodes) {
    out.text += attributeOf(path).sign;
    drawObject(seenNode(nodes[path as keyof typeof nodes] as RunNode), out);
  }
}

const seenNode = (node: RunNode): object => {
  const { from, status } = node;
  const child = node.child && (node.child.status ?? 'live');
  const output = 'output' in node && node.output !== undefined;
  if (status === 'succeeded') return { status, ends: node.ends, output };
  return { status, from, output, child, iteration: status === 'waiting' ? node.iteration : undefined };
};

/** Nothing is decided any more by the times of a run that has ended. */
function drawRun(run: Run, out: Draft): void {
  const { nodes, phase, schema, submission, ...rest } = run;
  const isLive = phase === 'active' || phase === 'paused';
  out.run = runIndex(run.run);
  drawObject({ phase, schema, submission, ...(isLive || phase === 'ending' ? rest : over(run)) }, out);
  for (const path in nodes) {
    const node = nodes[path as keyof typeof nodes] as RunNode;
    out.text += attributeOf(path).sign;
    if (isLive) merge(node, drawNode, out);
    else drawObject(endedNode(node), out);
  }
}

/** Others may have yet to hear of it, or to go on from it. */
const over = ({ dependencies, dependents, failure, parent }: Run): object => ({
  dependents,
  parent,
  dependencies,
  failed: failure?.code,
});

const drawNode = (node: RunNode, out: Draft): void => drawObject(openNode(node), out);

/** Nothing is decided any more by how a node came to its end, nor by when a leased one was due. */
function openNode(node: RunNode): object {
  if (node.status === 'running')
    return { ...node, notBefore: undefined, limited: node.limited !== undefined };
  if (node.status !== 'succeeded') return node;
  const { ends, epoch, output, status } = node;
  return { status, epoch, ends, output: output !== undefined };
}

const endedNode = (node: RunNode): object => {
  const { child, epoch, from, signal, status } = node;
  const waits = child || signal ? { child, from, signal } : undefined;
  return {
    status,
    epoch,
    waits,
    nonce: status === 'running' && 'lease' in node ? node.lease.nonce : undefined,
  };
};

function drawTransition({ name, guards, updates }: Transition, out: Draft): void {
  out.text += `${name}(`;
  for (const guard of guards) {
    if (!('value' in guard)) continue;
    drawPath(guard.path, out);
    draw(guard.value, attributeOf(guard.path.at(-1) ?? ''), out);
  }
  for (const update of updates) {
    const path = pathOf(update);
    const attribute = attributeOf(path.at(-1) ?? '');
    if (attribute.kind === 'ignored') continue;
    out.text += ',';
    drawPath(path, out);
    if ('value' in update) draw(update.value, attribute, out);
  }
  out.text += ')';
}

function drawPath(path: readonly string[], out: Draft): void {
  for (const step of path) out.text += attributeOf(step).sign;
}
