import { HoldfastError } from '../model/errors.ts';
import { payloadBytesMax } from '../model/payload.ts';
import type { DeliveryTarget, Run } from '../model/run.ts';
import { resultNodeOf } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import { keepFor, packText, storeApart } from '../payload/payload.ts';
import { deliveryRun, deliveryRunId } from '../protocol/deliver-result.ts';
import { eventOutputBytesMax, resultEvent } from '../result-delivery/event.ts';
import { type DeliveryInput, declaredDelivery, deliveryPlan } from '../result-delivery/task.ts';
import type { RelationPorts } from './ports.ts';
import { ring } from './ring.ts';

/**
 * Sees to it that the runs are there that deliver the result of one that has ended. What is there already is left as it
 * is: it may have been delivered by now.
 */
export async function deliverResults(
  ports: RelationPorts,
  run: Run,
  targets: readonly DeliveryTarget[],
): Promise<void> {
  if (targets.length === 0) return;
  const output = await outputOf(ports, run);
  for (const [index, target] of targets.entries()) {
    const id = deliveryRunId(run.run, index);
    const text = inputText(run, { id, target }, output) ?? inputText(run, { id, target }, lengthOf(output));
    if (text === undefined) throw new Error(`the result of run ${run.run} cannot be told of`);
    await start(ports, run, { id, text });
  }
}

type Output = Parameters<typeof resultEvent>[1];

const lengthOf = (output: Output): Output =>
  output && 'text' in output ? { bytes: Buffer.byteLength(output.text) } : output;

/** Undefined for an output that cannot be a part of another value: it is nested too deep, or grows too long by that. */
function inputText(
  run: Run,
  { id, target }: Omit<DeliveryInput, 'event'>,
  output: Output,
): string | undefined {
  try {
    const input = { id, target, event: { ...resultEvent(run, output) } } satisfies DeliveryInput;
    const text = serialize(input);
    return Buffer.byteLength(text) <= payloadBytesMax ? text : undefined;
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'NotSerializable') return undefined;
    throw error;
  }
}

async function start(
  ports: RelationPorts,
  run: Run,
  { id, text }: { readonly id: Run['run']; readonly text: string },
): Promise<void> {
  const { clock, payloads, runs, settings } = ports;
  const now = clock.now();
  const packed = packText(text, {
    field: 'event',
    pointer: 'event',
    tooLarge: 'PayloadTooLarge',
    store: payloads,
    keepMs: keepFor.input(settings.retention, 0),
  });
  await storeApart(payloads, { tenant: run.tenant, run: id }, packed, now);
  const { hash, shape } = declaredDelivery;
  const delivery = { id, hash, shape, plan: deliveryPlan, input: packed.payload, nameChild: () => id };
  const { creation, dispatches } = deliveryRun(run, delivery, now);
  const { applied } = await runs.create(creation);
  if (applied) await ring(ports, dispatches);
}

async function outputOf(
  { payloads }: RelationPorts,
  run: Run,
): Promise<{ text: string } | { bytes: number } | undefined> {
  const node = resultNodeOf(run);
  if (run.ended !== 'succeeded' || node?.status !== 'succeeded' || !node.output) return undefined;
  if ('text' in node.output) return node.output;
  const { bytes, pointer } = node.output;
  return bytes > eventOutputBytesMax ? { bytes } : { text: await payloads.get(run, pointer) };
}
