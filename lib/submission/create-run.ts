import type { SubmitOptions } from '../client/client.ts';
import type { DeliveryQueues } from '../config/delivery.ts';
import type { Pools } from '../config/pools.ts';
import type { Settings } from '../config/settings.ts';
import { carrySubmission } from '../cost/carry-submission.ts';
import { sendRequests } from '../cost/messages.ts';
import { Tab, withTab } from '../cost/tab.ts';
import type { Registered } from '../define/registry.ts';
import { validate } from '../define/validate.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Dispatch } from '../model/message.ts';
import type { Run } from '../model/run.ts';
import type { Creation } from '../model/transition.ts';
import { type Packed, storeApart } from '../payload/payload.ts';
import type { DefinitionStore } from '../ports/definition-store.ts';
import type { Random } from '../ports/random.ts';
import { isReadable } from '../ports/run-store.ts';
import { doorbellsOf } from '../protocol/doorbells.ts';
import { isResubmission, type Submission, submit } from '../protocol/submit.ts';
import { dependencyEndOf } from '../relations/discharge.ts';
import type { RelationPorts } from '../relations/ports.ts';
import { ring } from '../relations/ring.ts';
import { tendRun } from '../relations/tend-run.ts';
import { counted } from './counted.ts';
import { keepDefinition } from './keep-definition.ts';
import { type DependsOn, type Prepared, type PrepareOptions, prepare } from './prepare.ts';

export interface SubmissionPorts extends RelationPorts {
  readonly random: Random;
  readonly definitions: Pick<DefinitionStore, 'put'>;
  readonly settings: Settings;
  readonly pools: Pools;
  readonly deliveryQueues?: DeliveryQueues;
}

export interface CreateOptions extends Pick<PrepareOptions, 'child' | 'execution' | 'waits'> {
  readonly options: SubmitOptions;
}

export interface CreatedRun {
  readonly run: Run;
  /** False where it was there already, of the same submission. */
  readonly created: boolean;
  /** Its input, as it was stored. */
  readonly packed: Packed;
}

/**
 * Stores a run with all that it needs, and rings for it. Any number of times, for one idempotency key.
 *
 * @throws HoldfastError `InvalidInput`, `DependencyMissing`, `IdempotencyConflict`, `TooManyRuns`, and what `prepare` throws
 */
export async function createRun(
  ports: SubmissionPorts,
  registered: Registered,
  input: unknown,
  options: CreateOptions,
): Promise<CreatedRun> {
  // What a run starts itself is on its own tab.
  if (options.child) return await create(ports, registered, input, options);
  const tab = new Tab();
  return await withTab(tab, () => create(ports, registered, input, options, tab));
}

async function create(
  ports: SubmissionPorts,
  registered: Registered,
  input: unknown,
  { child, execution, options }: CreateOptions,
  tab?: Tab,
): Promise<CreatedRun> {
  const prepared = await checked(ports, registered, input, { child, execution, options });
  const { dependsOn, packed } = prepared;
  const now = ports.clock.now();
  const dependencies = await readParents(ports, prepared);
  const submission = { ...prepared.submission, ...(dependsOn.length > 0 && dependencies) };
  await storeApart(ports.payloads, submission, packed, now);
  await keepDefinition(ports.definitions, registered);
  const { creation, dispatches } = submit(submission, now);
  const result = await ports.runs.create(tab ? paying(ports, creation, dispatches, tab) : creation);
  if (result.applied) {
    await ring(ports, dispatches);
    if (result.run.waitsFor) await attachNow(ports, result.run);
    return { run: result.run, created: true, packed };
  }
  if (!isReadable(result.run))
    throw new HoldfastError('NewerSchema', `Run ${submission.run} was written by a newer version`);
  const existing = result.run;
  // A tombstone stands in the place of a child that must not be.
  if (!child && !isResubmission(existing, submission)) throw conflict();
  // Nobody came for it yet: it may be our own, of which the answer was lost, and then nobody has rung.
  if (existing.phase === 'active' && existing.epoch === 0) {
    if (existing.waitsFor) await attachNow(ports, existing);
    else await ring(ports, doorbellsOf(existing, now));
  }
  return { run: existing, created: false, packed };
}

/** What a run starts itself belongs to it, and is neither counted nor paid by itself. */
function paying(
  { runs, settings }: SubmissionPorts,
  creation: Creation,
  dispatches: readonly Dispatch[],
  tab: Tab,
): Creation {
  const own = counted(creation, settings);
  const messages = sendRequests(dispatches.length);
  return carrySubmission(runs, own, { tab, messages, ...(own.run.counted && { transaction: { index: 0 } }) });
}

const conflict = (): HoldfastError =>
  new HoldfastError('IdempotencyConflict', 'The idempotency key was used for a different request', {
    field: 'idempotencyKey',
  });

/** What is to be stored; nothing is written yet. */
export async function checked(
  { deliveryQueues, payloads, pools, random, settings }: SubmissionPorts,
  registered: Registered,
  input: unknown,
  { child, execution, options, waits }: CreateOptions,
): Promise<Prepared> {
  const { definition } = registered;
  const parsed = await validate(definition.input, input, 'InvalidInput', 'input');
  // A task parses its input at each attempt; the nodes of a workflow get what its schema made of it.
  const value = definition.kind === 'workflow' ? parsed : input;
  return prepare(registered, value, options, {
    freshId: () => random.id(),
    payloads,
    pools,
    settings,
    deliveryQueues,
    child,
    execution,
    waits,
  });
}

/**
 * What a run waits for. What has succeeded already it need not wait for; what has failed it is told of like of any other.
 *
 * @throws HoldfastError `DependencyMissing`
 */
export async function readParents(
  ports: SubmissionPorts,
  { dependsOn, submission }: Pick<Prepared, 'dependsOn' | 'submission'>,
): Promise<Pick<Submission, 'dependencies' | 'waitsFor'>> {
  const { tenant } = submission;
  const read = await Promise.all(dependsOn.map(({ run }) => ports.runs.get({ tenant, run })));
  const missing = dependsOn.findIndex((_, index) => read[index] === undefined);
  if (missing >= 0 && !(await ports.runs.get(submission))) throw dependencyMissing(dependsOn[missing]);
  const parents = read.filter(isReadable).filter(({ phase }) => phase === 'succeeded');
  const self = { ...submission, nodes: {} } as unknown as Run;
  const ends = await Promise.all(parents.map((parent) => dependencyEndOf(ports, parent, self)));
  const outputs = new Map(ends.map(({ output, run }) => [run, output]));
  const waitsFor = dependsOn.map(({ run }) => run).filter((run) => !outputs.has(run));
  return {
    dependencies: Object.fromEntries(
      dependsOn.map(({ as, run }) => {
        const output = outputs.get(run);
        return [run, { ...(as !== undefined && { as }), ...(output && { output }) }];
      }),
    ),
    ...(waitsFor.length > 0 && { waitsFor }),
  };
}

const dependencyMissing = (missing: DependsOn | undefined): HoldfastError =>
  new HoldfastError('DependencyMissing', `There is no run ${missing?.run}`, { field: missing?.field });

/** Whatever fails here is done by a look. */
export async function attachNow(ports: SubmissionPorts, run: Run): Promise<void> {
  try {
    await tendRun(ports, run, 'attach');
  } catch (error) {
    ports.logger.warn('dependencies are left to discovery', { run: run.run, error });
  }
}
