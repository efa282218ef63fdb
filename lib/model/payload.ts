/**
 * A value as it is stored: its text (see `serialize`), or the name under which the text lies apart when it is too large for
 * the run's own item.
 */
export type Payload = { readonly text: string } | { readonly pointer: string; readonly bytes: number };

/** Values up to this many bytes of UTF-8 stay in the run item. */
export const inlineBytesMax = 1_024;
/**
 * Larger values lie in objects, where there is a bucket. Both cost the same at 8 KB, written and read once, by list price:
 * an item 0.625 $ for a million of its KB, an object 5 $ for a million. Twice that, because an object takes some tens of
 * milliseconds longer, each time.
 */
export const itemBytesMax = 16_384;
/** Without a bucket larger values are refused: a DynamoDB item holds 400 KB, and its other attributes and keys count too. */
export const payloadBytesMax = 350_000;
/**
 * With a bucket larger values are refused: whoever handles one has it in memory several times, up to 20 times its size as
 * many small objects, and a function of the default size has 256 MB.
 */
export const objectBytesMax = 10_000_000;
