import type { NamedBatchEntry } from '../client/client.ts';
import { HoldfastError } from '../model/errors.ts';
import { parseAs } from './parse.ts';
import { type BatchEntryBody, batchSchema } from './schemas.ts';
import { refuseTaskFields, timesOf } from './submission.ts';

export interface Batch {
  readonly entries: readonly NamedBatchEntry[];
  /** The field in which each of them has its name. */
  readonly nameFields: readonly ('task' | 'workflow')[];
}

/** @throws HoldfastError `InvalidArgument`, `InvalidDuration`, the field with the entry's index before it */
export function readBatch(body: unknown): Batch {
  const named = parseAs(batchSchema, body).map(readEntry);
  refuseOneKeyForTwo(named.map(({ entry }) => entry));
  return {
    entries: named.map(({ entry }) => entry),
    nameFields: named.map(({ nameField }) => nameField),
  };
}

function readEntry(body: BatchEntryBody, index: number) {
  const { task, workflow, input, timeout: _timeout, delay: _delay, ...options } = body;
  const path = `${index}.`;
  const name = task ?? workflow;
  if (name === undefined || (task !== undefined && workflow !== undefined)) {
    throw new HoldfastError(
      'InvalidArgument',
      `Entry ${index} names ${name === undefined ? 'neither a task nor' : 'a task and'} a workflow`,
      {
        field: `${path}task`,
        hint: 'Give each entry one of the two: task or workflow.',
      },
    );
  }
  if (workflow !== undefined) refuseTaskFields(body, path);
  const nameField = task === undefined ? ('workflow' as const) : ('task' as const);
  return { entry: { ...options, ...timesOf(body, path), task: name, input }, nameField };
}

/** A key stands for one run. */
function refuseOneKeyForTwo(entries: readonly NamedBatchEntry[]): void {
  const keys = entries.map(({ idempotencyKey }) => idempotencyKey);
  const second = keys.findIndex((key, index) => key !== undefined && keys.indexOf(key) < index);
  if (second < 0) return;
  const first = entries[keys.indexOf(keys[second])]?.ref;
  throw new HoldfastError('InvalidArgument', `Entry ${second} has the idempotency key of ${first}`, {
    field: `${second}.idempotencyKey`,
    hint: 'Give each entry a key of its own; the header Idempotency-Key does so.',
  });
}

/**
 * The client says which name nobody knows; this adds whose it is.
 *
 * @param isKnown whether a task or workflow is registered under a name
 */
export function inEntry(
  error: unknown,
  { entries, nameFields }: Batch,
  isKnown: (name: string) => boolean,
): unknown {
  if (!(error instanceof HoldfastError) || error.code !== 'UnknownTask') return error;
  const index = entries.findIndex(({ task }) => !isKnown(task));
  if (index < 0) return error;
  const { cause, code, hint, message } = error;
  return new HoldfastError(code, message, { field: `${index}.${nameFields[index]}`, hint, cause });
}
