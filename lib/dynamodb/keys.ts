import { hash } from 'node:crypto';
import { type DefinitionHash, type RunId, runId, type TenantId, tenantId } from '../model/ids.ts';
import type { Phase, RunKey } from '../model/run.ts';
import { indexPhaseOf, shardCount } from '../ports/run-store.ts';

/** The primary key of an item. Attribute names as in table.ts. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

// Tenants and run ids have no '#', so these keys cannot be mistaken for one another.
export const runKey = (key: RunKey): ItemKey => ({ pk: runPartition(key), sk: 'RUN' });
export const dataKey = (key: RunKey, name: string): ItemKey => ({
  pk: runPartition(key),
  sk: `DATA#${name}`,
});
/** Where all history items of a run begin. */
export const historyPrefix = (key: RunKey): ItemKey => ({ pk: runPartition(key), sk: 'HISTORY#' });
export const historyKey = (key: RunKey, name: string): ItemKey => {
  const { pk, sk } = historyPrefix(key);
  return { pk, sk: `${sk}${name}` };
};
/** @param piece of a definition that one item cannot hold, from 0 */
export const definitionKey = (hash: DefinitionHash, piece = 0): ItemKey => ({
  pk: `DEFINITION#${hash}`,
  sk: piece === 0 ? 'DEFINITION' : `DEFINITION#${piece}`,
});
export const memoKey = (key: string): ItemKey => ({ pk: `MEMO#${key}`, sk: 'MEMO' });
export const workersPartition = 'WORKERS';
export const workerKey = (id: string): ItemKey => ({ pk: workersPartition, sk: `WORKER#${id}` });

const runPartition = ({ tenant, run }: RunKey): string => `RUN#${tenant}#${run}`;

/** The run that a partition key stands for; undefined when it stands for none. */
export function parseRunPartition(pk: unknown): RunKey | undefined {
  const [word, tenant, run, ...rest] = typeof pk === 'string' ? pk.split('#') : [];
  if (word !== 'RUN' || tenant === undefined || run === undefined || rest.length > 0) return undefined;
  return parseRunKey(tenant, run);
}

export function parseRunKey(tenant: string, run: string): { tenant: TenantId; run: RunId } | undefined {
  try {
    return { tenant: tenantId(tenant), run: runId(run) };
  } catch {
    return undefined;
  }
}

/** Where a run stands in the index: a hash of its key, so it is the same for ever and known without reading. */
export function shardOf({ tenant, run }: RunKey): number {
  return hash('sha256', `${tenant}#${run}`, 'buffer').readUInt16BE() % shardCount;
}

/** The index partition of a phase: `active#7`, where the `ending` runs stand, too. */
export const statePartition = (phase: Phase, shard: number): string => `${indexPhaseOf(phase)}#${shard}`;
