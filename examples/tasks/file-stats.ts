import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { defineTask, NonRetryableError } from 'holdfast';
import * as z from 'zod';

/** SHA-256, size, lines and words of a file, read as a stream. */
export const fileStats = defineTask({
  name: 'file-stats',
  input: z.strictObject({ path: z.string().min(1).max(4_096) }),
  output: z.strictObject({
    sha256: z.string().length(64),
    bytes: z.int().min(0),
    lines: z.int().min(0),
    words: z.int().min(0),
  }),
  run: async ({ path }, { signal }) => {
    try {
      return await measure(path, signal);
    } catch (error) {
      if (isMissing(error)) throw new NonRetryableError(`There is no file ${path}`, { cause: error });
      throw error;
    }
  },
});

const newline = 0x0a;
/** Bytes that separate words: tab, newline, vertical tab, form feed, carriage return, space. */
const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

async function measure(path: string, signal: AbortSignal) {
  const hash = createHash('sha256');
  let bytes = 0;
  let lines = 0;
  let words = 0;
  let inWord = false;
  for await (const chunk of createReadStream(path, { signal }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    bytes += chunk.length;
    for (const byte of chunk) {
      if (byte === newline) lines += 1;
      const space = isSpace(byte);
      if (!space && !inWord) words += 1;
      inWord = !space;
    }
  }
  return { sha256: hash.digest('hex'), bytes, lines, words };
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR');
}
