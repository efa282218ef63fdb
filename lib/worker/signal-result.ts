import { validate } from '../define/validate.ts';
import type { SignalCode } from '../define/workflow/node-code.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Run } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import { unpack } from '../payload/payload.ts';
import { timedOut } from '../protocol/nodes/next.ts';
import type { Place } from '../protocol/nodes/place.ts';
import type { Performed } from './performed.ts';
import type { WorkerPorts } from './ports.ts';

/**
 * What goes on from a signal that has come, or the way on from one that has not.
 *
 * @throws HoldfastError `InvalidSignal`, `NotSerializable`
 */
export async function signalResult(
  { payloads }: WorkerPorts,
  { merge, schema }: SignalCode,
  { input, place, run }: { place: Place; run: Run; input: unknown },
): Promise<Performed> {
  const { payload, timedOut: isLate } = run.nodes[place.path]?.signal ?? {};
  if (isLate) return { cached: false, decision: timedOut };
  if (!payload) throw new HoldfastError('InvalidSignal', `${place.path} has no signal to go on with`);
  const came = await unpack(payloads, run, payload);
  const value = schema ? await validate(schema, came, 'InvalidSignal', 'signal') : came;
  const output = merge ? await merge(input as never, value as never) : value;
  return { output: { text: serialize(output, 'output') }, cached: false };
}
