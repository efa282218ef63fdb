import { HoldfastError } from '../model/errors.ts';
import { serialize } from '../model/serialize.ts';

const progressBytesMax = 1_024;

/** What `ctx.progress` takes, as text. @throws HoldfastError `NotSerializable`, `PayloadTooLarge` */
export function progressText(value: unknown): string {
  const text = serialize(value, 'progress');
  if (Buffer.byteLength(text) <= progressBytesMax) return text;
  throw new HoldfastError('PayloadTooLarge', `progress takes at most ${progressBytesMax} bytes of JSON`, {
    field: 'progress',
  });
}
