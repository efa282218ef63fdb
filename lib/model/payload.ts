/**
 * A value as it is stored: its text (see `serialize`), or where the text lies when it is too large for the run's own item.
 */
export type Payload = { readonly text: string } | { readonly pointer: string; readonly bytes: number };

/** Values up to this many bytes of UTF-8 stay in the run item. */
export const inlineBytesMax = 1_024;
/** Larger values are refused: a DynamoDB item holds 400 KB, and its other attributes and keys count too. */
export const payloadBytesMax = 350_000;
