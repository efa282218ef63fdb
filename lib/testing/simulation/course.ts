import type { RunId } from '../../model/ids.ts';
import { nodesOf, type Run, type RunKey, type RunNode } from '../../model/run.ts';
import { deserialize } from '../../model/serialize.ts';
import type { PayloadStore } from '../../ports/payload-store.ts';
import { numberIn } from './edits.ts';
import type { Course } from './meaning.ts';
import { pieceKey } from './piece-key.ts';
import type { Addend } from './waiting-workflows.ts';

/** What a node that waits for a signal went on with. */
type Came = { readonly id: string; readonly add: number } | 'late';

/** What comes to runs from outside, from the first time that it shows: nodes are named as their handlers are told it. */
export class Courses {
  readonly broken: string[] = [];
  readonly #came = new Map<string, Came>();
  readonly #children = new Map<string, RunId>();
  readonly #edits = new Map<string, number>();
  /** Those that lie apart are read when everything is over. */
  readonly #toRead: { readonly key: string; readonly run: Run; readonly pointer: string }[] = [];
  readonly #retryOf = new Map<string, RunId>();

  /** A run that has just come to be; one that goes on from another brings along what that had. */
  created(run: Run): void {
    if (run.retryOf !== undefined) this.#retryOf.set(textOf(run), run.retryOf);
    for (const [path, node] of nodesOf(run)) {
      const key = pieceKey(run, path);
      if (node.child) this.#children.set(key, node.child.run);
      if (!node.input) continue;
      if ('text' in node.input) this.#edits.set(key, numberIn(node.input.text));
      else this.#toRead.push({ key, run, pointer: node.input.pointer });
    }
  }

  /** Reads what lies apart. */
  async read(payloads: PayloadStore): Promise<void> {
    for (const { key, pointer, run } of this.#toRead)
      this.#edits.set(key, numberIn(await payloads.get(run, pointer)));
  }

  /** A write that was applied. */
  written(before: Run, run: Run): void {
    for (const [path, node] of nodesOf(run)) {
      const old = before.nodes[path];
      if (old === node || (!node.child && !node.signal)) continue;
      const key = pieceKey(run, path);
      if (node.child && node.child.run !== old?.child?.run) this.#children.set(key, node.child.run);
      const came = cameTo(node);
      if (came === undefined || JSON.stringify(came) === JSON.stringify(cameTo(old))) continue;
      if (this.#came.has(key)) this.broken.push(`${key} was signalled twice`);
      this.#came.set(key, came);
    }
  }

  /** The signals that a run took, each with the node that did. */
  signalsOf(key: RunKey): { readonly id: string; readonly add: number }[] {
    const begin = `${textOf(key)}/`;
    return [...this.#came].flatMap(([node, came]) =>
      node.startsWith(begin) && came !== 'late' ? [came] : [],
    );
  }

  of(run: RunKey): Course {
    const line = this.lineOf(run);
    const known = <T>(map: ReadonlyMap<string, T>, node: string): T | undefined =>
      line.map((text) => map.get(`${text}/${node}`)).find((found) => found !== undefined);
    return {
      signal: (node) => {
        const came = known(this.#came, node);
        if (came === undefined) throw new Error(`nothing came to ${node} of ${line[0]}`);
        return came === 'late' ? came : came.add;
      },
      child: (node) => {
        const child = known(this.#children, node);
        if (child === undefined) throw new Error(`${node} of ${line[0]} stood for no run`);
        return this.of({ tenant: run.tenant, run: child });
      },
      edited: (node) => known(this.#edits, node),
      isEdited: [...this.#edits.keys()].some((key) => line.some((text) => key.startsWith(`${text}/`))),
    };
  }

  /** A run and those that it goes on from, the latest first. */
  lineOf({ run, tenant }: RunKey): string[] {
    const before = this.#retryOf.get(textOf({ run, tenant }));
    return [textOf({ run, tenant }), ...(before === undefined ? [] : this.lineOf({ tenant, run: before }))];
  }
}

export const textOf = ({ run, tenant }: RunKey) => `${tenant}/${run}`;

function cameTo(node: RunNode | undefined): Came | undefined {
  const { id, payload, timedOut } = node?.signal ?? {};
  if (timedOut) return 'late';
  if (id === undefined || !payload || !('text' in payload)) return undefined;
  return { id, add: (deserialize(payload.text) as Addend).add };
}
