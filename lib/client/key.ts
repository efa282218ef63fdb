import { HoldfastError } from '../model/errors.ts';
import { noTenant, runId, tenantId } from '../model/ids.ts';
import type { Run, RunKey } from '../model/run.ts';
import { isReadable, type RunStore, type UnreadableRun } from '../ports/run-store.ts';
import type { InTenant, RunRef } from './client.ts';

/** @throws HoldfastError `InvalidArgument` */
export function keyOf(ref: RunRef, options: InTenant = {}): RunKey {
  const [id, known] = typeof ref === 'string' ? [ref, undefined] : [ref.id, ref.tenant];
  const tenant = options.tenant ?? known;
  return { tenant: tenant === undefined ? noTenant : tenantId(tenant), run: runId(id) };
}

/** @throws HoldfastError `NotFound`, `NewerSchema` */
export async function readRun({ runs }: { runs: RunStore }, key: RunKey): Promise<Run> {
  return readableRun(await runs.get(key), key);
}

/** @throws HoldfastError `NotFound`, `NewerSchema` */
export function readableRun(run: Run | UnreadableRun | undefined, key: RunKey): Run {
  if (run === undefined) throw notFound(key);
  if (!isReadable(run))
    throw new HoldfastError('NewerSchema', `Run ${key.run} was written by a newer version`);
  return run;
}

export const notFound = ({ run }: RunKey): HoldfastError =>
  new HoldfastError('NotFound', `There is no run ${run}`, { field: 'id' });
