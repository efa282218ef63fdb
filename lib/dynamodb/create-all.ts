import type { CancellationReason } from '@aws-sdk/client-dynamodb';
import { PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { againWhile } from '../aws/again.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Run } from '../model/run.ts';
import type { Creation } from '../model/transition.ts';
import { type CreatedAll, type Places, placesOf, tooManyRuns } from '../ports/run-store.ts';
import { conditionally } from './conditional.ts';
import { itemOfError, type Table } from './document-client.ts';
import { reaching } from './errors.ts';
import { decodeItem, encodeRun } from './item.ts';
import { runKey } from './keys.ts';
import { needsTransactions, placeTries, takePlaces } from './open-runs.ts';
import { readMany } from './read-many.ts';
import { tableKeys } from './table.ts';
import { isPassing, isRefused, isUnknownOperation, ownFaults, reasonsOf } from './transaction.ts';

/** The run's item, unless there is one: then that one comes back. */
export const putIfAbsent = (run: Run, table: string) => ({
  TableName: table,
  Item: encodeRun(run),
  ConditionExpression: 'attribute_not_exists(#0)',
  ExpressionAttributeNames: { '#0': tableKeys.partition },
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
});

/**
 * Creates the runs in one transaction; where the endpoint has none, one after the other. One sending may be repeated by
 * the SDK, under one token, so that a lost answer is no refusal.
 *
 * @throws HoldfastError `TooManyRuns`, `InvalidSetting`
 */
export async function createAll(table: Table, creations: readonly Creation[]): Promise<CreatedAll> {
  const runs = creations.map(({ run }) => run);
  const places = placesOf(creations);
  return await reaching(table.name, async () => {
    try {
      await againWhile(isPassing, () => transact(table, runs, places), places && placeTries);
      return { created: true };
    } catch (error) {
      if (isUnknownOperation(error)) {
        if (places) throw needsTransactions(error);
        return await createEach(table, runs);
      }
      const reasons = reasonsOf(error);
      const wrong = reasons.find(({ Code = '' }) => ownFaults.has(Code));
      if (wrong) throw new Error(`The store refuses a run: ${wrong.Message ?? wrong.Code}`, { cause: error });
      if (isPassing(error) || !reasons.some(isRefused)) throw error;
      const ofRuns = reasons.slice(0, runs.length);
      if (places && !ofRuns.some(isRefused)) throw tooManyRuns(places);
      return { created: false, existing: await existingOf(table, runs, ofRuns) };
    }
  });
}

const transact = async (
  { db, name }: Table,
  runs: readonly Run[],
  places: Places | undefined,
): Promise<void> => {
  const puts = runs.map((run) => ({ Put: putIfAbsent(run, name) }));
  const counter = places ? [{ Update: takePlaces(name, places) }] : [];
  await db.send(new TransactWriteCommand({ TransactItems: [...puts, ...counter] }));
};

type Existing = Extract<CreatedAll, { created: false }>['existing'];

/** From the answer itself, as of one moment; from a read where the endpoint does not give the items. */
async function existingOf(
  table: Table,
  runs: readonly Run[],
  reasons: readonly CancellationReason[],
): Promise<Existing> {
  const isWhole = reasons.every((reason) => !isRefused(reason) || reason.Item !== undefined);
  if (!isWhole || reasons.length !== runs.length) return await readExisting(table, runs);
  return reasons.map(({ Item }) => Item && decodeItem(itemOfError(Item)));
}

async function readExisting(table: Table, runs: readonly Run[]): Promise<Existing> {
  const { isComplete, items } = await readMany(table, runs.map(runKey), { isConsistent: true });
  if (!isComplete)
    throw new HoldfastError('StoreUnreachable', `The table ${table.name} left out what was asked for`);
  const found = new Map(items.map((item) => [item[tableKeys.partition], decodeItem(item)]));
  return runs.map((run) => found.get(runKey(run).pk));
}

/** Whoever comes between the read and the puts makes it less than all or nothing. */
async function createEach(table: Table, runs: readonly Run[]): Promise<CreatedAll> {
  const existing = await readExisting(table, runs);
  if (existing.some((run) => run !== undefined)) return { created: false, existing };
  for (const run of runs) {
    const put = new PutCommand(putIfAbsent(run, table.name));
    const written = await conditionally(table, runKey(run), () => table.db.send(put));
    if (!written.applied) return { created: false, existing: await readExisting(table, runs) };
  }
  return { created: true };
}
