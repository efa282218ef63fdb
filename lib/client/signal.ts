import type { StandardSchemaV1 } from '@standard-schema/spec';
import { hashOfText } from '../define/hash.ts';
import { validate } from '../define/validate.ts';
import type { Shape } from '../model/definition.ts';
import { HoldfastError } from '../model/errors.ts';
import { type NodeId, runId } from '../model/ids.ts';
import type { Run, RunKey } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import { keepFor, packText, storeApart } from '../payload/payload.ts';
import { isReadable } from '../ports/run-store.ts';
import { elementsOf } from '../protocol/nodes/elements.ts';
import { placeOf } from '../protocol/nodes/place.ts';
import { awaitingNodes, type RefusedSignal, receiveSignal } from '../protocol/signal.ts';
import { ring } from '../relations/ring.ts';
import { needsTending, tendRun } from '../relations/tend-run.ts';
import { notFound, readRun } from './key.ts';
import type { ClientPorts } from './ports.ts';

interface Sent {
  readonly name: string;
  readonly payload: unknown;
  readonly id?: string | undefined;
}

const waitMsMax = 366 * 86_400_000;

/** @returns the run as it stands */
export async function signalRun(ports: ClientPorts, key: RunKey, { id, name, payload }: Sent): Promise<Run> {
  const { clock, payloads, random, settings } = ports;
  const run = await readRun(ports, key);
  await checkSignal(ports, run, name, payload);
  const known = id === undefined ? random.id() : checkId(id);
  const text = serialize(payload, 'payload');
  // Named by its content: another signal, of whatever id, must not write over what a first one stored.
  const pointer = `signal#${hashOfText(text)}`;
  const packed = packText(text, {
    field: 'payload',
    pointer,
    tooLarge: 'PayloadTooLarge',
    store: payloads,
    keepMs: keepFor.input(settings.retention, waitMsMax),
  });
  let isStored = false;
  const signal = { name, id: known, payload: packed.payload };
  let seen: Run | undefined = run;
  for (;;) {
    const received = receiveSignal(seen, signal, clock.now());
    if (received.received === 'refused') throw refused(received.because, key);
    if (received.received === 'again') return seen ?? run;
    if (!isStored) {
      await storeApart(payloads, key, packed, clock.now());
      isStored = true;
    }
    const applied = await ports.runs.apply(received.transition);
    if (!applied.applied) {
      if (applied.run !== undefined && !isReadable(applied.run)) return await readRun(ports, key);
      seen = applied.run;
      continue;
    }
    await ring(ports, received.dispatches);
    // A node began to wait just now: it gets what was kept.
    if (needsTending(applied.run)) await tendRun(ports, applied.run).catch(() => undefined);
    return applied.run;
  }
}

function checkId(id: string): string {
  try {
    return runId(id);
  } catch {
    throw new HoldfastError('InvalidArgument', 'id must be 1 to 128 letters, digits, `_ . ~ -`', {
      field: 'id',
    });
  }
}

/** @throws HoldfastError `UnknownSignal`, and `InvalidSignal` where the definition is here */
async function checkSignal(
  { definitions, registry }: ClientPorts,
  run: Run,
  name: string,
  payload: unknown,
): Promise<void> {
  const registered = registry?.byHash(run.hash);
  const shape = registered?.shape ?? (run.kind === 'workflow' ? await definitions.get(run.hash) : undefined);
  if (run.kind === 'task' || (shape && !signalsOf(shape).has(name))) throw unknownSignal(run, name, shape);
  if (!registered) return;
  const [waiting] = awaitingNodes(run).filter(({ signal }) => signal.name === name);
  const schemas: (StandardSchemaV1 | undefined)[] = [];
  for (const [path, code] of registered.nodes) {
    const element = placeOf(registered.shape, path as NodeId)?.element;
    if (code.kind !== 'signal' || element?.kind !== 'signal' || element.signal !== name) continue;
    // One that waits now gets it.
    if (waiting === undefined || waiting.path === path) schemas.push(code.schema);
  }
  await fitsOne(schemas, payload);
}

/** The same signal may be waited for in several places later, each with a schema of its own. */
async function fitsOne(schemas: readonly (StandardSchemaV1 | undefined)[], payload: unknown): Promise<void> {
  let refused: unknown;
  for (const schema of schemas) {
    if (!schema) return;
    try {
      await validate(schema, payload, 'InvalidSignal', 'signal');
      return;
    } catch (error) {
      refused ??= error;
    }
  }
  if (refused !== undefined) throw refused;
}

const signalsOf = ({ body }: Shape): ReadonlySet<string> =>
  new Set(elementsOf(body).flatMap((element) => (element.kind === 'signal' ? [element.signal] : [])));

function unknownSignal(run: Run, name: string, shape: Shape | undefined): HoldfastError {
  const what = `${run.name} waits for no signal ${JSON.stringify(name.slice(0, 80))}`;
  return new HoldfastError('UnknownSignal', what, { field: 'name', hint: whatItWaitsFor(run, shape) });
}

function whatItWaitsFor({ kind }: Run, shape: Shape | undefined): string | undefined {
  if (kind === 'task') return 'It is a task, which waits for no signals; a workflow does, by awaitSignal.';
  const known = shape && [...signalsOf(shape)].join(', ');
  return known ? `It waits for: ${known}.` : undefined;
}

function refused(code: RefusedSignal, key: RunKey): HoldfastError {
  if (code === 'NotFound') return notFound(key);
  const said = {
    AlreadyFinished: 'has ended',
    AlreadyCancelled: 'is being cancelled',
    SignalsFull: 'keeps 64 signals already that it has not waited for yet',
  }[code];
  return new HoldfastError(code, `Run ${key.run} ${said}`);
}
