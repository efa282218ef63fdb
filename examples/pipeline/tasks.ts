import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { again, decision, defineTask, done, NonRetryableError } from 'holdfast';
import * as z from 'zod';
import { measureFile } from '../measure-file.ts';

export const Order = z.strictObject({
  /** What is looked at: the files in it, not those of its directories. */
  directory: z.string().min(1).max(4_096),
  /** Where the report is written. */
  report: z.string().min(1).max(4_096),
  /** Files that one iteration counts. */
  pageSize: z.int().min(1).max(1_000).default(20),
});

const Listing = Order.extend({ files: z.array(z.string()) });
const Totals = z.object({ files: z.int(), bytes: z.int(), lines: z.int(), words: z.int() });
const Counting = z.object({ listing: Listing, next: z.int(), totals: Totals });

export const listFiles = defineTask({
  name: 'list-files',
  input: Order,
  output: Listing,
  run: async (order) => {
    const entries = await readdir(order.directory, { withFileTypes: true }).catch((error: unknown) => {
      throw new NonRetryableError(`${order.directory} cannot be read`, { cause: error });
    });
    // In a fixed order: the checksum depends on it.
    const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    return { ...order, files: files.sort() };
  },
});

/** Counts the next page of files: one iteration of a loop. */
export const countPage = defineTask({
  name: 'count-page',
  input: Counting,
  output: decision({ again: Counting, done: Totals }),
  run: async ({ listing, next, totals }, { signal }) => {
    const counted = { ...totals };
    const page = listing.files.slice(next, next + listing.pageSize);
    for (const file of page) {
      const { bytes, lines, words } = await measureFile(join(listing.directory, file), signal);
      counted.files += 1;
      counted.bytes += bytes;
      counted.lines += lines;
      counted.words += words;
    }
    const further = next + page.length;
    return further < listing.files.length
      ? again({ listing, next: further, totals: counted })
      : done(counted);
  },
});

/** One SHA-256 over the names and contents of all files. */
export const checksum = defineTask({
  name: 'checksum',
  input: Listing,
  run: async ({ directory, files }, { progress, signal }) => {
    const hash = createHash('sha256');
    for (const [at, file] of files.entries()) {
      hash.update(`${file}\0`);
      for await (const chunk of createReadStream(join(directory, file), { signal })) hash.update(chunk);
      progress({ done: at + 1, of: files.length });
    }
    return hash.digest('hex');
  },
});

/** Writes the report, or another copy of the same: a repeated attempt does no harm. */
export const writeReport = defineTask({
  name: 'write-report',
  input: z.object({ counts: Totals, sha256: z.string(), order: Listing }),
  run: async ({ counts, order, sha256 }, { runId }) => {
    const { directory, report } = order;
    const text = `${JSON.stringify({ directory, ...counts, sha256 }, undefined, 2)}\n`;
    // Whoever reads it sees a whole one.
    await writeFile(`${report}.${runId}`, text);
    await rename(`${report}.${runId}`, report);
    return { report, ...counts, sha256 };
  },
});
