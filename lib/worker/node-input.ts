import type { ForkShape } from '../model/definition.ts';
import type { NodeId } from '../model/ids.ts';
import type { Payload } from '../model/payload.ts';
import type { Run } from '../model/run.ts';
import { deserialize } from '../model/serialize.ts';
import { type Packed, unpack } from '../payload/payload.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import { inputOf } from '../protocol/commit.ts';
import { endedBranches } from '../protocol/nodes/join.ts';
import type { Place } from '../protocol/nodes/place.ts';

/**
 * The value that goes into a node: its source's output, or for a join the outputs of all branches by their names; where
 * somebody had it tried again with another input, that one.
 *
 * @param carried what this holder stored apart just before: it need not be read back
 */
export async function readInput(
  payloads: Pick<PayloadStore, 'get'>,
  run: Run,
  place: Place,
  carried: Packed | undefined,
): Promise<unknown> {
  const isEdited = run.nodes[place.path]?.input !== undefined;
  if (place.element.kind !== 'fork' || isEdited)
    return await payloadValue(payloads, run, inputOf(run, place.path), carried);
  return await branchOutputs(payloads, run, { fork: place.path, shape: place.element, carried });
}

async function branchOutputs(
  payloads: Pick<PayloadStore, 'get'>,
  run: Run,
  { carried, fork, shape }: { fork: NodeId; shape: ForkShape; carried: Packed | undefined },
): Promise<Record<string, unknown>> {
  const ended = endedBranches(run, fork);
  const entries = await Promise.all(
    shape.branches.map(async ({ name }) => {
      const output = ended.find(({ branch }) => branch === name)?.node.output;
      if (!output) throw new Error(`the output of branch ${name} of ${fork} is not there`);
      return [name, await payloadValue(payloads, run, output, carried)] as const;
    }),
  );
  return Object.fromEntries(entries);
}

async function payloadValue(
  payloads: Pick<PayloadStore, 'get'>,
  run: Run,
  payload: Payload,
  carried: Packed | undefined,
): Promise<unknown> {
  if (
    carried?.apart !== undefined &&
    'pointer' in payload &&
    'pointer' in carried.payload &&
    payload.pointer === carried.payload.pointer
  )
    return deserialize(carried.apart.text);
  return await unpack(payloads, run, payload);
}
