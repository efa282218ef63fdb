import { isDeepStrictEqual } from 'node:util';
import type { Run } from '../../lib/client/run-view.ts';

export const succeeds = (output: unknown) => (run: Run | undefined) => {
  if (run?.status !== 'succeeded') throw new Error(`ended ${JSON.stringify(run)}`);
  if (!isDeepStrictEqual(run.output, output)) throw new Error(`gave ${JSON.stringify(run.output)}`);
};

/** Either is right. */
export const succeedsWith =
  (...outputs: readonly unknown[]) =>
  (run: Run | undefined) => {
    if (run?.status !== 'succeeded' || !outputs.includes(run.output))
      throw new Error(`ended ${JSON.stringify(run)}`);
  };

export const ends =
  (status: 'cancelled' | 'failed' | 'skipped', { code, message }: { code?: string; message?: string } = {}) =>
  (run: Run | undefined) => {
    const error = run && 'error' in run ? run.error : undefined;
    const isSo = code === undefined || error?.code === code;
    if (run?.status !== status || !isSo || !(error?.message ?? '').includes(message ?? ''))
      throw new Error(`ended ${JSON.stringify(run)}`);
  };

/** All of so many runs. */
export const allEnd = (status: Run['status'], count?: number) => (_: Run, all: readonly Run[]) => {
  const others = all.filter((run) => run.status !== status);
  if (others.length > 0 || (count ?? all.length) !== all.length)
    throw new Error(`${all.length} runs, of which ended otherwise ${JSON.stringify(others)}`);
};
