import pMap from 'p-map';
import { hashOfText, stableHash } from '../define/hash.ts';
import { validate } from '../define/validate.ts';
import { HoldfastError } from '../model/errors.ts';
import { type NodeId, runId } from '../model/ids.ts';
import type { Payload } from '../model/payload.ts';
import { nodesOf, type Run, type RunKey, type RunNode, statusOf } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import type { EpochMs } from '../model/time.ts';
import { expiry, type Packed, packText, storeApart } from '../payload/payload.ts';
import { isReadable } from '../ports/run-store.ts';
import { doorbellsOf } from '../protocol/doorbells.ts';
import { retryId, retryRun } from '../protocol/retry.ts';
import { ring } from '../relations/ring.ts';
import { counted } from '../submission/counted.ts';
import type { RetryOptions } from './client.ts';
import { readRun } from './key.ts';
import type { ClientPorts } from './ports.ts';

const copiesAtOnce = 8;
/** An item holds 400 KB; a node takes about 1. */
const nodesPerItem = 100;
const waitMsMax = 366 * 86_400_000;

/** Goes on from a failed run as a new one. */
export async function retryFailed(
  ports: ClientPorts,
  key: RunKey,
  options: RetryOptions = {},
): Promise<{ run: Run; created: boolean }> {
  const { clock, random, runs } = ports;
  const failed = await readRun(ports, key);
  if (statusOf(failed) !== 'failed' || failed.failure) throw notFailed(failed);
  const next = { tenant: failed.tenant, run: retryId(failed.run) };
  const now = clock.now();
  const expiresAt = expiry.ofInput(now, ports.settings.retention, waitMsMax);
  const edited = 'input' in options ? await packInput(ports, failed, options.input) : undefined;
  if (edited) await storeApart(ports.payloads, next, edited, expiresAt);
  const { run } = retryRun(failed, { input: edited?.payload, nameChild: () => runId(random.id()), now });
  const submission = stableHash([failed.submission, edited ? hashOfText(textOf(edited)) : null]);
  await copyValues(ports, failed, run, expiresAt);
  const creation = { name: 'submit' as const, run: { ...run, submission } };
  // A delivery that is redriven was owed before anybody was refused.
  const isOwed = failed.deliveryOf !== undefined;
  const result = await runs.create(isOwed ? creation : counted(creation, ports.settings));
  if (!isReadable(result.run))
    throw new HoldfastError('NewerSchema', `Run ${next.run} was written by a newer version`);
  if (!result.applied && result.run.submission !== submission) throw alreadyRetried(failed, result.run);
  if (result.applied || result.run.epoch === failed.epoch)
    await ring(ports, doorbellsOf(result.run, clock.now()));
  return { run: result.run, created: result.applied };
}

const textOf = ({ apart, payload }: Packed): string => apart ?? ('text' in payload ? payload.text : '');

async function packInput({ registry }: ClientPorts, failed: Run, input: unknown): Promise<Packed> {
  const registered = registry?.byHash(failed.hash);
  // Who could edit what is delivered could sign what never happened.
  if (failed.deliveryOf !== undefined)
    throw new HoldfastError('InvalidArgument', 'input of a delivery cannot be edited', { field: 'input' });
  const code = registered?.nodes.get(failed.result ?? 'task');
  // What fits a step's task is known where its code is; a function of the workflow takes anything.
  if (code?.kind === 'step') await validate(code.task.input, input, 'InvalidInput', 'input');
  const text = serialize(input, 'input');
  return packText(text, {
    field: 'input',
    pointer: `edited#${hashOfText(text)}`,
    tooLarge: 'PayloadTooLarge',
  });
}

function notFailed(run: Run): HoldfastError {
  const status = statusOf(run);
  const what = run.failure ? `did not begin: ${run.failure.message}` : `is ${status}, and has not failed`;
  return new HoldfastError(
    'NotFailed',
    `Run ${run.run} ${what}`,
    run.failure && { hint: 'Submit it again, under a new idempotency key if it had one.' },
  );
}

const alreadyRetried = (failed: Run, next: Run): HoldfastError =>
  new HoldfastError('AlreadyRetried', `Run ${failed.run} was tried again as ${next.run}, with another input`);

/** What lies apart is copied: the failed run is deleted after its retention, whatever becomes of the new one. */
async function copyValues(ports: ClientPorts, failed: Run, run: Run, expiresAt: EpochMs): Promise<void> {
  const { history, payloads } = ports;
  const earlier = failed.hasHistory ? await history.list(failed) : {};
  const nodes = [...Object.values(earlier), ...Object.values(run.nodes)];
  const dependencies = Object.values(run.dependencies ?? {}).map(({ output }) => output);
  const signals = (run.signals ?? []).map(({ payload }) => payload);
  const pointers = new Set(
    [run.input, ...dependencies, ...signals, ...nodes.flatMap(payloadsOf)].flatMap(pointerOf),
  );
  await pMap(
    pointers,
    async (pointer) => {
      if (pointer.startsWith('edited#') && !isOf(failed, pointer)) return;
      await payloads.put(run, pointer, await payloads.get(failed, pointer), expiresAt);
    },
    { concurrency: copiesAtOnce },
  );
  const entries = nodesOf({ nodes: earlier });
  for (let from = 0; from < entries.length; from += nodesPerItem) {
    const part: Record<NodeId, RunNode> = Object.fromEntries(entries.slice(from, from + nodesPerItem));
    await history.put(run, `${String(from).padStart(15, '0')}#retry`, part, expiresAt);
  }
}

/** Whether the run had this value itself, and not only its retry. */
const isOf = (run: Run, pointer: string): boolean =>
  [run.input, ...Object.values(run.nodes).flatMap(payloadsOf)].flatMap(pointerOf).includes(pointer);

const payloadsOf = (node: RunNode): (Payload | undefined)[] => [
  'output' in node ? node.output : undefined,
  node.input,
  node.signal?.payload,
  node.child?.output,
];

const pointerOf = (payload: Payload | undefined): string[] =>
  payload && 'pointer' in payload ? [payload.pointer] : [];
