import { defineTask, NonRetryableError } from 'holdfast';
import * as z from 'zod';
import { measureFile } from '../measure-file.ts';

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
      return await measureFile(path, signal);
    } catch (error) {
      if (isMissing(error)) throw new NonRetryableError(`There is no file ${path}`, { cause: error });
      throw error;
    }
  },
});

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'EISDIR');
}
