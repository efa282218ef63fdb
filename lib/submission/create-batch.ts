import type { BatchEntry, InTenant } from '../client/client.ts';
import { carrySubmission } from '../cost/carry-submission.ts';
import { sendRequests } from '../cost/messages.ts';
import { Tab, withTab } from '../cost/tab.ts';
import { stableHash } from '../define/hash.ts';
import type { Registered } from '../define/registry.ts';
import { HoldfastError } from '../model/errors.ts';
import type { RunId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import type { Creation } from '../model/transition.ts';
import { storeApart } from '../payload/payload.ts';
import { isReadable } from '../ports/run-store.ts';
import { doorbellsOf } from '../protocol/doorbells.ts';
import { isResubmission, submit } from '../protocol/submit.ts';
import { ring } from '../relations/ring.ts';
import { checkEntries } from './batch-entries.ts';
import { counted } from './counted.ts';
import { attachNow, checked, readParents, type SubmissionPorts } from './create-run.ts';
import { keepDefinition } from './keep-definition.ts';
import { type DependsOn, dependencyId, type Prepared } from './prepare.ts';

/** As in `BatchEntry`, with the definition found. */
export type PreparedEntry = Omit<BatchEntry, 'task'> & { readonly registered: Registered };

/**
 * Stores runs that depend on each other, all or nothing, and rings for those that wait for none.
 *
 * @throws HoldfastError `InvalidArgument`, `DependencyCycle`, `DependencyMissing`, `IdempotencyConflict`, `TooManyRuns`, and what
 *   `prepare` throws, its field with the entry before it
 */
export async function createBatch(
  ports: SubmissionPorts,
  entries: readonly PreparedEntry[],
  { tenant }: InTenant,
): Promise<readonly { run: Run; created: boolean }[]> {
  checkEntries(entries, ports.settings.openRuns > 0);
  const prepared = await Promise.all(
    entries.map((entry, index) => prepareEntry(ports, entry, index, tenant)),
  );
  const idOf = new Map(entries.map(({ ref }, index) => [ref, prepared[index]?.submission.run]));
  const tabs = entries.map(() => new Tab());
  const wholes = await Promise.all(
    prepared.map((each, index) =>
      withTab(tabs[index] as Tab, () =>
        linked(ports, each, { entry: entries[index] as PreparedEntry, index, idOf }),
      ),
    ),
  );
  const creations = withDependents(wholes).map((submission) => {
    const { creation, dispatches } = submit(submission, ports.clock.now());
    return { creation: counted(creation, ports.settings), dispatches };
  });
  await Promise.all(
    prepared.map((each, index) =>
      withTab(tabs[index] as Tab, async () => {
        const { registered } = entries[index] as PreparedEntry;
        await storeApart(ports.payloads, each.submission, each.packed, ports.clock.now());
        await keepDefinition(ports.definitions, registered);
      }),
    ),
  );
  const result = await ports.runs.createAll(paying(ports, creations, tabs));
  if (!result.created) return resubmitted(ports, wholes, entries, result.existing);
  await ring(
    ports,
    creations.flatMap(({ dispatches }) => dispatches),
  );
  const inBatch = new Set(idOf.values());
  for (const { creation } of creations) {
    if (creation.run.waitsFor?.some((id) => !inBatch.has(id))) await attachNow(ports, creation.run);
  }
  return creations.map(({ creation }) => ({ run: creation.run, created: true }));
}

/** Each with its own share of the transaction, and of the messages that are sent together. */
function paying(
  { runs }: SubmissionPorts,
  creations: readonly { readonly creation: Creation; readonly dispatches: readonly unknown[] }[],
  tabs: readonly Tab[],
): Creation[] {
  const rung = creations.reduce((sum, { dispatches }) => sum + dispatches.length, 0);
  return creations.map(({ creation, dispatches }, index) =>
    carrySubmission(runs, creation, {
      tab: tabs[index] as Tab,
      messages: rung === 0 ? 0 : (dispatches.length / rung) * sendRequests(rung),
      transaction: { index },
    }),
  );
}

async function prepareEntry(
  ports: SubmissionPorts,
  { dependsOn = [], input, ref: __, registered, ...options }: PreparedEntry,
  index: number,
  tenant: string | undefined,
): Promise<Prepared> {
  try {
    return await checked(ports, registered, input, {
      options: { ...options, ...(tenant !== undefined && { tenant }) },
      waits: dependsOn.length > 0,
    });
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    const { code, field, hint, message } = error;
    throw new HoldfastError(code, message, {
      field: [index, field].filter((part) => part !== undefined).join('.'),
      hint,
    });
  }
}

/** With what it waits for: of the batch nothing has succeeded yet. */
async function linked(
  ports: SubmissionPorts,
  prepared: Prepared,
  {
    entry,
    idOf,
    index,
  }: { entry: PreparedEntry; index: number; idOf: ReadonlyMap<string, RunId | undefined> },
): Promise<Prepared['submission']> {
  const given = entry.dependsOn ?? [];
  if (given.length === 0) return prepared.submission;
  const inside: DependsOn[] = [];
  const outside: (DependsOn & { readonly field: string })[] = [];
  for (const [at, name] of given.entries()) {
    const run = idOf.get(name);
    const field = `${index}.dependsOn.${at}`;
    if (run === undefined) outside.push({ run: dependencyId(name, field), field });
    else inside.push({ run, as: name });
  }
  const known = await readParents(ports, { ...prepared, dependsOn: outside });
  const waitsFor = [...inside.map(({ run }) => run), ...(known.waitsFor ?? [])];
  return {
    ...prepared.submission,
    // Other edges are another request.
    submission: stableHash([prepared.submission.submission, [...given].sort()]),
    dependencies: {
      ...known.dependencies,
      ...Object.fromEntries(inside.map(({ as, run }) => [run, { as }])),
    },
    ...(waitsFor.length > 0 && { waitsFor }),
  };
}

/** Those in the batch know from the beginning who waits for them. */
function withDependents(submissions: readonly Prepared['submission'][]): Prepared['submission'][] {
  const dependents = new Map<RunId, RunId[]>();
  for (const { run, waitsFor = [] } of submissions) {
    for (const parent of waitsFor) dependents.set(parent, [...(dependents.get(parent) ?? []), run]);
  }
  return submissions.map((submission) => {
    const own = dependents.get(submission.run);
    return own ? { ...submission, dependents: own.sort() } : submission;
  });
}

async function resubmitted(
  ports: SubmissionPorts,
  submissions: readonly Prepared['submission'][],
  entries: readonly PreparedEntry[],
  existing: readonly unknown[],
): Promise<{ run: Run; created: boolean }[]> {
  const runs = submissions.map((submission, index) => {
    const run = existing[index] as Run | undefined;
    if (isReadable(run) && isResubmission(run, submission)) return run;
    const what = run
      ? 'was used for a different request'
      : 'belongs to a batch of which others are there already';
    const field = `${index}.idempotencyKey`;
    throw new HoldfastError('IdempotencyConflict', `The idempotency key of ${entries[index]?.ref} ${what}`, {
      field,
    });
  });
  const now = ports.clock.now();
  // The answer of the first submission may have been lost, and then nobody has rung.
  await ring(
    ports,
    runs.filter(({ epoch }) => epoch === 0).flatMap((run) => doorbellsOf(run, now)),
  );
  return runs.map((run) => ({ run, created: false }));
}
