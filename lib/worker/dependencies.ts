import type { Run } from '../model/run.ts';
import { unpack } from '../payload/payload.ts';
import type { PayloadStore } from '../ports/payload-store.ts';

/** The outputs of the runs that a run depends on, by the names it gave them, else by their ids. */
export async function readDependencies(
  payloads: Pick<PayloadStore, 'get'>,
  run: Run,
): Promise<Readonly<Record<string, unknown>>> {
  const entries = await Promise.all(
    Object.entries(run.dependencies ?? {}).map(async ([id, { as = id, output }]) => {
      const value = output && (await unpack(payloads, run, output));
      return [as, value] as const;
    }),
  );
  return Object.freeze(Object.fromEntries(entries));
}
