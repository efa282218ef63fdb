import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';

const newline = 0x0a;
/** Bytes that separate words: tab, newline, vertical tab, form feed, carriage return, space. */
const isSpace = (byte: number) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);

/** SHA-256, size, lines and words of a file, read as a stream. */
export async function measureFile(path: string, signal: AbortSignal) {
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
