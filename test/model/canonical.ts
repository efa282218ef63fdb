import type { Run, RunNode } from '../../lib/model/run.ts';
import type { Transition } from '../../lib/model/transition.ts';
import { takeOverGraceMs } from '../../lib/protocol/limits.ts';
import type { Scenario } from './scenario.ts';
import type { Held, State } from './state.ts';

/** A value as text with holes, and what fills the holes: states that differ only in names and in the hour are equal. */
interface Sketch {
  readonly text: string;
  /** Stands for the text. */
  readonly number: number;
  readonly times: readonly number[];
  readonly nonces: readonly string[];
  readonly epochs: readonly number[];
  readonly revs: readonly number[];
  /** By which interchangeable things are sorted. */
  readonly order: string;
}

/** Attributes that no decision of the protocol reads. */
const ignored: ReadonlySet<string> = new Set([
  ...['tenant', 'kind', 'name', 'pool', 'priority', 'tags', 'createdAt', 'endedAt', 'expires'],
  ...['startedAt', 'worker', 'failure', 'since', 'reason', 'skewMs', 'leaseUntil', 'key', 'traceparent'],
  // Of values it only matters whether they are there; the last are what the checks need besides.
  ...['text', 'history', 'shape'],
]);
const times: ReadonlySet<string> = new Set(['at', 'notBefore', 'until', 'seenAt']);

/** Runs, transitions, actors and messages are shared by many states. */
const known = new WeakMap<object, Sketch>();

/** Texts are long and few: a number for each. */
const numbers = new Map<string, number>();

function numberOf(text: string): number {
  const found = numbers.get(text);
  if (found !== undefined) return found;
  numbers.set(text, numbers.size);
  return numbers.size - 1;
}

/** The same key for states that behave the same, and only for them. */
export function canonicalKey(state: State, scenario: Scenario): string {
  const { skewsMs } = scenario;
  const sketches = [
    ...state.runs.map(sketch),
    ...unordered(state.queue.map(sketch)),
    // Workers whose clocks agree are interchangeable, unless one of them is frozen.
    ...(skewsMs.length + state.frozen.length === 0
      ? unordered(state.workers.map(sketch))
      : state.workers.map(sketch)),
    ...state.discoverers.map(sketch),
    ...state.clients.map(sketch),
    ...unordered(state.late.map(sketch)),
  ];
  let text = '';
  const given: number[] = [];
  const nonces: string[] = [];
  const epochs: number[] = [];
  const revs: number[] = [];
  for (const each of sketches) {
    text += `${each.number} `;
    for (const time of each.times) given.push(time);
    for (const nonce of each.nonces) nonces.push(nonce);
    for (const epoch of each.epochs) epochs.push(epoch);
    for (const rev of each.revs) revs.push(rev);
  }
  const budget = [...Object.values(state.budget), ...state.frozen].join();
  const whens = relative(given, state.now, scenario).join();
  return `${text}#${whens}#${renamed(nonces).join()}#${ranked(epochs).join()}#${ranked(revs).join()}#${budget}`;
}

function unordered(sketches: Sketch[]): Sketch[] {
  if (sketches.length < 2) return sketches;
  return sketches.sort((a, b) => (a.order < b.order ? -1 : 1));
}

const nothing: Sketch = {
  text: '',
  number: numberOf(''),
  times: [],
  nonces: [],
  epochs: [],
  revs: [],
  order: '',
};

function sketch(value: object | undefined): Sketch {
  return value === undefined ? nothing : shared(value);
}

interface Draft {
  text: string;
  readonly times: number[];
  readonly nonces: string[];
  readonly epochs: number[];
  readonly revs: number[];
}

function draw(value: unknown, name: string, out: Draft): void {
  if (name === 'held') merge(out, shared(value as Held, drawHeld as Drawer));
  else if (typeof value === 'number' && times.has(name)) {
    out.times.push(value);
    out.text += '@';
  } else if (typeof value === 'number' && name === 'epoch') {
    out.epochs.push(value);
    out.text += '^';
  } else if (typeof value === 'number' && name === 'rev') {
    out.revs.push(value);
    out.text += '%';
  } else if (typeof value === 'string' && value.startsWith('nonce-')) {
    out.nonces.push(value);
    out.text += '$';
  } else if (typeof value !== 'object' || value === null) {
    out.text += String(value);
  } else if ('nodes' in value || 'guards' in value) {
    merge(out, shared(value));
  } else {
    drawObject(value, out);
  }
}

/** Of its snapshot a holder reads no more than this. */
function drawHeld({ fence, message, run, until }: Held, out: Draft): void {
  const { at, control, epoch, hasHistory, nodes, rev } = run;
  const { attempt } = nodes[fence.node] ?? {};
  drawObject({ fence, message, until, at, control, epoch, hasHistory, rev, attempt }, out);
  for (const [path, node] of Object.entries(nodes)) {
    out.text += `${path}=`;
    drawObject(seenNode(node), out);
  }
}

const seenNode = (node: RunNode): object => {
  const { from, status } = node;
  const output = 'output' in node && node.output !== undefined;
  if (status === 'succeeded') return { status, ends: node.ends, output };
  return { status, from, output, iteration: status === 'waiting' ? node.iteration : undefined };
};

type Drawer = (value: object, out: Draft) => void;

function shared(value: object, drawer: Drawer = drawAny): Sketch {
  const found = known.get(value);
  if (found) return found;
  const draft: Draft = { text: '', times: [], nonces: [], epochs: [], revs: [] };
  drawer(value, draft);
  const made = { ...draft, number: numberOf(draft.text), order: `${draft.text}${draft.times.join()}` };
  known.set(value, made);
  return made;
}

function drawAny(value: object, out: Draft): void {
  if ('guards' in value) drawTransition(value as Transition, out);
  else if ('nodes' in value) drawRun(value as Run, out);
  else drawObject(value, out);
}

/** Nothing is decided any more by the times of a run that has ended. */
function drawRun(run: Run, out: Draft): void {
  const { nodes, phase, schema, submission, ...rest } = run;
  drawObject(
    phase === 'active' ? { phase, schema, submission, ...rest } : { phase, schema, submission },
    out,
  );
  for (const [path, node] of Object.entries(nodes)) {
    out.text += `${path}=`;
    if (phase === 'active') merge(out, shared(node, drawNode as Drawer));
    else drawObject(endedNode(node), out);
  }
}

const drawNode = (node: RunNode, out: Draft): void => drawObject(openNode(node), out);

/** Nothing is decided any more by how a node came to its end, nor by when a leased one was due. */
function openNode(node: RunNode): object {
  if (node.status === 'running') return { ...node, notBefore: undefined };
  if (node.status !== 'succeeded') return node;
  const { ends, epoch, output, status } = node;
  return { status, epoch, ends, output: output !== undefined };
}

const endedNode = (node: RunNode): object => {
  const { epoch, status } = node;
  return { status, epoch, nonce: status === 'running' && 'lease' in node ? node.lease.nonce : undefined };
};

function drawObject(value: object, out: Draft): void {
  out.text += '{';
  for (const [name, inner] of Object.entries(value)) {
    if (ignored.has(name)) continue;
    out.text += `${name}:`;
    draw(inner, name, out);
    out.text += ',';
  }
  out.text += '}';
}

function drawTransition({ name, guards, updates }: Transition, out: Draft): void {
  out.text += `${name}(`;
  for (const guard of guards) {
    if (!('value' in guard)) continue;
    out.text += guard.path.join('.');
    draw(guard.value, guard.path.at(-1) ?? '', out);
  }
  for (const update of updates) {
    const path = 'remove' in update ? update.remove : update.set;
    const last = path.at(-1) ?? '';
    if (ignored.has(last)) continue;
    out.text += `,${path.join('.')}`;
    if ('value' in update) draw(update.value, last, out);
  }
  out.text += ')';
}

function merge(out: Draft, sketched: Sketch): void {
  out.text += `&${sketched.number}`;
  out.times.push(...sketched.times);
  out.nonces.push(...sketched.nonces);
  out.epochs.push(...sketched.epochs);
  out.revs.push(...sketched.revs);
}

/**
 * Times as distances from now. Of those so long ago that every lease and clock has passed them only the order is kept:
 * nothing else about them can ever be compared again.
 */
function relative(given: readonly number[], now: number, { skewsMs }: Scenario): number[] {
  const horizon = -(takeOverGraceMs + 2 + Math.max(0, ...skewsMs));
  const distances = given.map((time) => (time === 0 ? Number.NEGATIVE_INFINITY : time - now));
  const old = [...new Set(distances.filter((distance) => distance < horizon))].sort((a, b) => b - a);
  if (old.length === 0) return distances;
  return distances.map((distance) => (distance < horizon ? horizon - 1 - old.indexOf(distance) : distance));
}

function renamed(given: readonly string[]): number[] {
  const order = [...new Set(given)];
  return given.map((each) => order.indexOf(each));
}

/** Numbers that are only compared with each other, and of which the largest is counted on. */
function ranked(given: readonly number[]): number[] {
  const order = [...new Set(given)].sort((a, b) => a - b);
  return given.map((each) => order.indexOf(each));
}
