import { type ErrorCode, HoldfastError } from '../model/errors.ts';
import {
  inlineBytesMax,
  itemBytesMax,
  objectBytesMax,
  type Payload,
  payloadBytesMax,
} from '../model/payload.ts';
import type { Run, RunKey } from '../model/run.ts';
import { deserialize, serialize } from '../model/serialize.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import { objectName } from './object-name.ts';

/** A value on its way into the store: what goes into the run item, and the text to put elsewhere before that. */
export interface Packed {
  readonly payload: Payload;
  readonly apart?: { readonly text: string; readonly keepMs: Ms };
}

interface PackOptions {
  /** How errors call the value. */
  readonly field: string;
  /** Its name within the run where it lies in an item of its own; never used for two different values. */
  readonly pointer: string;
  readonly tooLarge: Extract<ErrorCode, 'PayloadTooLarge' | 'OutputTooLarge'>;
  /** Where it will be stored. */
  readonly store: Pick<PayloadStore, 'hasObjects'>;
  /** How long it must be there after it was stored, see `keepFor`. */
  readonly keepMs: Ms;
  /** Values up to so many bytes stay in the run item. Default 1,024. */
  readonly inlineBytesMax?: number;
}

/**
 * Decides where a value is stored. Writes nothing.
 *
 * @throws HoldfastError `NotSerializable`, or `tooLarge` beyond 350,000 bytes of text; 10,000,000 where there are objects
 */
export function pack(value: unknown, options: PackOptions): Packed {
  return packText(serialize(value, options.field), options);
}

/** As `pack`, for a text that `serialize` made. */
export function packText(text: string, options: PackOptions): Packed {
  const { field, keepMs, pointer, store, tooLarge } = options;
  const bytes = Buffer.byteLength(text);
  if (bytes <= (options.inlineBytesMax ?? inlineBytesMax)) return { payload: { text } };
  const max = store.hasObjects ? objectBytesMax : payloadBytesMax;
  if (bytes > max) {
    const what = `${field} has ${bytes} bytes as JSON; the limit is ${max}`;
    const hint = bytes <= objectBytesMax ? bucketHint : undefined;
    throw new HoldfastError(tooLarge, what, { field, hint });
  }
  const isObject = store.hasObjects && bytes > itemBytesMax;
  const name = isObject ? objectName(text, keepMs) : pointer;
  return { payload: { pointer: name, bytes }, apart: { text, keepMs } };
}

const bucketHint =
  'Name a bucket by HOLDFAST_PAYLOAD_BUCKET, for values of up to 10 MB, or store the value elsewhere and pass a reference to it.';

/** Writes the part that lies apart, if any. To be called before the write that refers to it. */
export async function storeApart(
  store: PayloadStore,
  key: RunKey,
  { apart, payload }: Packed,
  now: EpochMs,
): Promise<void> {
  if (apart !== undefined && 'pointer' in payload)
    await store.put(key, payload.pointer, apart.text, now + apart.keepMs);
}

/** @throws HoldfastError `PayloadMissing` when the part that lies apart has expired, and as the store's `get` */
export async function unpack(
  store: Pick<PayloadStore, 'get'>,
  key: RunKey,
  payload: Payload,
): Promise<unknown> {
  return deserialize('text' in payload ? payload.text : await store.get(key, payload.pointer));
}

/** All values in a run's item together should take no more: each write is charged for the whole item. */
const outputBytesBudget = 2_048;
/** A value of so few bytes stays where it is: apart it would cost a write and a read of its own. */
const outputBytesMin = 200;

/** How large an output may be to stay in the run item, beside those that are there. */
export function inlineOutputMax(run: Pick<Run, 'nodes'>): number {
  const used = Object.values(run.nodes).reduce(
    (sum, node) =>
      sum + ('output' in node && node.output && 'text' in node.output ? node.output.text.length : 0),
    0,
  );
  return Math.min(inlineBytesMax, Math.max(outputBytesMin, outputBytesBudget - used));
}

const day: Ms = 86_400_000;
/** What a workflow could wait for is bounded by this. */
const waitMsMax: Ms = 3_660 * day;

/**
 * How long values that lie apart must be there after they were written: bounds, set when they are written, because a second
 * write at the run's end would cost as much as the value. `retention` is how long finished runs are kept, in milliseconds.
 */
export const keepFor = {
  /** A run may wait for `delayMs`, all delays of its workflow among that, and for its retries. */
  input: (retention: Ms, delayMs: Ms): Ms => Math.min(delayMs, waitMsMax) + 400 * day + retention,
  /** The next attempt comes after a pause of at most 30 days, and may then run for days. */
  checkpoint: (retention: Ms): Ms => 60 * day + retention,
  /** Written just before the commit that sets the run's own expiry. */
  output: (retention: Ms): Ms => day + retention,
} as const;
