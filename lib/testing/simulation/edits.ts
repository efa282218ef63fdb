import type { Run } from '../../model/run.ts';
import { deserialize } from '../../model/serialize.ts';
import { placeOf } from '../../protocol/nodes/place.ts';
import { type Cloud, registry } from './cloud.ts';
import type { Piece } from './pieces.ts';
import type { Behaviour } from './tasks.ts';
import type { Work, WorkflowName } from './workflows.ts';

/** What a run was submitted with. */
export async function workOf({ payloads }: Cloud, run: Run): Promise<Work> {
  const text = 'text' in run.input ? run.input.text : await payloads.get(run, run.input.pointer);
  const input = deserialize(text);
  return run.kind === 'task'
    ? { task: run.name as 'plain' | 'cached', input: input as Behaviour }
    : { workflow: run.name as WorkflowName, input: input as Piece };
}

/** Another input for what failed, of which nothing dies, and what the run is then; undefined where none is given. */
export function editOf(run: Run, work: Work, n: number): { input: unknown; work: Work } | undefined {
  if ('task' in work) {
    const input: Behaviour = { does: 'return', ms: 1, value: `edited ${n}` };
    return { input, work: { ...work, input } };
  }
  const registered = registry.byHash(run.hash);
  const place = registered && run.result !== undefined ? placeOf(registered.shape, run.result) : undefined;
  const { dies: _, ...rest } = work.input;
  const piece: Piece = { ...rest, n };
  switch (place?.element.kind) {
    case 'step':
    case 'signal':
    case 'child':
      return { input: piece, work };
    case 'fork':
      return place.element.join.kind === 'step' ? { input: { only: piece }, work } : undefined;
    default:
      return undefined;
  }
}

/** The number that an edited input brings, of whatever kind of node. */
export function numberIn(text: string): number {
  const given = deserialize(text) as Piece | { readonly only: Piece };
  return 'only' in given ? given.only.n : given.n;
}
