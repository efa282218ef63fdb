import * as z from 'zod';
import { HoldfastError } from '../model/errors.ts';
import { type Run, type RunKey, schemaVersion } from '../model/run.ts';
import type { UnreadableRun } from '../ports/run-store.ts';
import { parseRunPartition, runKey, shardOf, statePartition } from './keys.ts';
import { attributeOf, runShape } from './names.ts';
import { runSchema } from './run-schema.ts';
import { type Stored, shapeFromStored, shapeToStored } from './stored-value.ts';
import { stateIndex, tableKeys } from './table.ts';

const storedName = (property: keyof Run): string => attributeOf(runShape, property).stored;

/** The run as an item. */
export function encodeRun({ tenant, run, ...rest }: Run): Stored {
  const key = { tenant, run };
  return {
    ...runKey(key),
    ...shapeToStored(runShape, rest),
    [stateIndex.partition]: statePartition(rest.phase, shardOf(key)),
  };
}

/**
 * The item as a run. An item of a newer schema is an UnreadableRun; so is a damaged one, which says what is wrong with
 * it in `damage`, so that one bad item cannot take its page along.
 */
export function decodeItem(item: Stored): Run | UnreadableRun | undefined {
  const key = parseRunPartition(item[tableKeys.partition]);
  if (!key) return undefined;
  const schema = item[storedName('schema')];
  if (typeof schema === 'number' && schema > schemaVersion) return unreadable(key, item);
  const parsed = runSchema.safeParse(shapeFromStored(runShape, item));
  if (parsed.success) return { ...key, ...parsed.data };
  return { ...unreadable(key, item), damage: describe(parsed.error) };
}

/** @throws HoldfastError `DamagedItem`, naming the part that is not as it should be. */
export function decodeRun(item: Stored): Run | UnreadableRun {
  const run = decodeItem(item);
  if (run === undefined) {
    throw new HoldfastError('DamagedItem', 'An item where a run should be has a key that no run has');
  }
  if ('damage' in run && run.damage !== undefined) {
    throw new HoldfastError('DamagedItem', `The item of run ${run.run} is damaged: ${run.damage}`);
  }
  return run;
}

function unreadable(key: RunKey, item: Stored): UnreadableRun {
  const number = (property: keyof Run): number => {
    const value = item[storedName(property)];
    return typeof value === 'number' ? value : 0;
  };
  return { ...key, unreadable: true, schema: number('schema'), at: number('at'), rev: number('rev') };
}

/** Where the first fault is and what it is; no stored value is shown. */
function describe(error: z.ZodError): string {
  const [first] = error.issues;
  const place = first?.path.map(String).join('.') || 'item';
  return `${place}: ${first?.message ?? z.prettifyError(error)}`;
}
