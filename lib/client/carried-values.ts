import pMap from 'p-map';
import type { NodeId } from '../model/ids.ts';
import type { Payload } from '../model/payload.ts';
import { nodesOf, type Run, type RunNode } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import { keptFor, parseObjectName } from '../payload/object-name.ts';
import type { ClientPorts } from './ports.ts';

const copiesAtOnce = 8;
/** An item holds 400 KB; a node takes about 1. */
const nodesPerItem = 100;

interface Carrying {
  readonly failed: Run;
  /** As it goes on from the failed one; its values still have the names that they have there. */
  readonly next: Run;
  /** A value that lies with the next run already. */
  readonly given: Payload | undefined;
  readonly keepMs: Ms;
}

/**
 * Copies what lies apart of a failed run to the one that goes on from it: the failed run is deleted after its retention,
 * whatever becomes of the new one.
 *
 * @returns the new run, with the names that its values have there
 */
export async function carryValues(
  { clock, history, payloads }: Pick<ClientPorts, 'clock' | 'history' | 'payloads'>,
  { failed, given, keepMs, next }: Carrying,
): Promise<Run> {
  const expiresAt: EpochMs = clock.now() + keepMs;
  const earlier = failed.hasHistory ? await history.list(failed) : {};
  const names = new Map<string, string>();
  const keep: Rename = (payload) => {
    if (!('pointer' in payload)) return payload;
    const { bytes, pointer } = payload;
    const object = parseObjectName(pointer);
    const name = object ? keptFor(object, keepMs) : pointer;
    names.set(pointer, name);
    return { pointer: name, bytes };
  };
  const run = withNames(next, keep);
  const entries = nodesOf({ nodes: earlier }).map(([path, node]) => [path, nodeWithNames(node, keep)]);
  if (given && 'pointer' in given) names.delete(given.pointer);
  await pMap(
    names,
    ([from, to]) => payloads.copy({ key: failed, name: from }, { key: run, name: to }, expiresAt),
    { concurrency: copiesAtOnce },
  );
  for (let from = 0; from < entries.length; from += nodesPerItem) {
    const part: Record<NodeId, RunNode> = Object.fromEntries(entries.slice(from, from + nodesPerItem));
    await history.put(run, `${String(from).padStart(15, '0')}#retry`, part, expiresAt);
  }
  return run;
}

type Rename = (payload: Payload) => Payload;

function withNames(run: Run, name: Rename): Run {
  const { dependencies, input, nodes, signals } = run;
  return {
    ...run,
    input: name(input),
    nodes: Object.fromEntries(nodesOf({ nodes }).map(([path, node]) => [path, nodeWithNames(node, name)])),
    ...(signals && { signals: signals.map((signal) => ({ ...signal, payload: name(signal.payload) })) }),
    ...(dependencies && {
      dependencies: Object.fromEntries(
        Object.entries(dependencies).map(([id, { output, ...rest }]) => [
          id,
          { ...rest, ...(output && { output: name(output) }) },
        ]),
      ),
    }),
  };
}

function nodeWithNames(node: RunNode, name: Rename): RunNode {
  const { child, input, signal } = node;
  const named = {
    ...(input && { input: name(input) }),
    ...(signal?.payload && { signal: { ...signal, payload: name(signal.payload) } }),
    ...(child?.output && { child: { ...child, output: name(child.output) } }),
  };
  if ((node.status === 'succeeded' || node.status === 'waiting') && node.output)
    return { ...node, ...named, output: name(node.output) };
  return { ...node, ...named };
}
