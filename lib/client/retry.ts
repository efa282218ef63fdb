import { carrySubmission, unspent } from '../cost/carry-submission.ts';
import { sendRequests } from '../cost/messages.ts';
import { Tab, withTab } from '../cost/tab.ts';
import { hashOfText, stableHash } from '../define/hash.ts';
import { validate } from '../define/validate.ts';
import { HoldfastError } from '../model/errors.ts';
import { type RunId, runId } from '../model/ids.ts';
import { type Run, type RunKey, statusOf } from '../model/run.ts';
import { serialize } from '../model/serialize.ts';
import { keepFor, type Packed, packText, storeApart } from '../payload/payload.ts';
import { isReadable } from '../ports/run-store.ts';
import { doorbellsOf } from '../protocol/doorbells.ts';
import { retryId, retryRun } from '../protocol/retry.ts';
import { ring } from '../relations/ring.ts';
import { counted } from '../submission/counted.ts';
import { carryValues } from './carried-values.ts';
import type { RetryOptions } from './client.ts';
import { readRun } from './key.ts';
import type { ClientPorts } from './ports.ts';

const waitMsMax = 366 * 86_400_000;

/** The run that goes on from a failed one, where there is one. */
export async function retriedAsOf({ runs }: Pick<ClientPorts, 'runs'>, run: Run): Promise<RunId | undefined> {
  if (statusOf(run) !== 'failed') return undefined;
  const id = retryId(run.run);
  return (await runs.get({ tenant: run.tenant, run: id })) === undefined ? undefined : id;
}

/** Goes on from a failed run as a new one. */
export async function retryFailed(
  ports: ClientPorts,
  key: RunKey,
  options: RetryOptions = {},
): Promise<{ run: Run; created: boolean }> {
  const tab = new Tab();
  return await withTab(tab, () => goOn(ports, key, options, tab));
}

async function goOn(
  ports: ClientPorts,
  key: RunKey,
  options: RetryOptions,
  tab: Tab,
): Promise<{ run: Run; created: boolean }> {
  const { clock, random, runs } = ports;
  const failed = await readRun(ports, key);
  if (statusOf(failed) !== 'failed' || failed.failure) throw notFailed(failed);
  const id = { tenant: failed.tenant, run: retryId(failed.run) };
  const now = clock.now();
  const edited = 'input' in options ? await packInput(ports, failed, options.input) : undefined;
  if (edited) await storeApart(ports.payloads, id, edited, now);
  const { run: next } = retryRun(failed, {
    input: edited?.payload,
    nameChild: () => runId(random.id()),
    now,
  });
  const submission = stableHash([failed.submission, edited ? hashOfText(textOf(edited)) : null]);
  const keepMs = keepFor.input(ports.settings.retention, waitMsMax);
  const run = await carryValues(ports, { failed, next, given: edited?.payload, keepMs });
  const creation = { name: 'submit' as const, run: { ...unspent(run), submission } };
  // A delivery that is redriven was owed before anybody was refused.
  const isOwed = failed.deliveryOf !== undefined;
  const planned = isOwed ? creation : counted(creation, ports.settings);
  const messages = sendRequests(doorbellsOf(planned.run, now).length);
  const transaction = planned.run.counted && { transaction: { index: 0 } };
  const result = await runs.create(carrySubmission(runs, planned, { tab, messages, ...transaction }));
  if (!isReadable(result.run))
    throw new HoldfastError('NewerSchema', `Run ${id.run} was written by a newer version`);
  if (!result.applied && result.run.submission !== submission) throw alreadyRetried(failed, result.run);
  if (result.applied || result.run.epoch === failed.epoch)
    await ring(ports, doorbellsOf(result.run, clock.now()));
  return { run: result.run, created: result.applied };
}

const textOf = ({ apart, payload }: Packed): string => apart?.text ?? ('text' in payload ? payload.text : '');

async function packInput(
  { payloads, registry, settings }: ClientPorts,
  failed: Run,
  input: unknown,
): Promise<Packed> {
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
    store: payloads,
    keepMs: keepFor.input(settings.retention, waitMsMax),
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
