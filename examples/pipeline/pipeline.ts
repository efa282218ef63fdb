import { defineWorkflow } from 'holdfast';
import { checksum, countPage, listFiles, Order, writeReport } from './tasks.ts';

/**
 * A report on the files of a directory: they are listed; side by side a checksum is made of all of them, and their
 * bytes, lines and words are counted, a page of files at a time until there are no more; then the report is written.
 */
export const fileReport = defineWorkflow('file-report', { input: Order })
  .step(listFiles)
  .fork({
    counts: (b) =>
      b
        .map('first-page', (listing) => ({
          listing,
          next: 0,
          totals: { files: 0, bytes: 0, lines: 0, words: 0 },
        }))
        .loop('pages', (page) => page.step(countPage), { maxIterations: 10_000 }),
    sha256: (b) => b.step(checksum, { timeout: '10m' }),
    order: (b) => b.map('same', (listing) => listing),
  })
  .join(writeReport, { retry: { maxAttempts: 5 } })
  .build();
