import { hash } from 'node:crypto';
import type { AttemptRecord } from '../model/attempt.ts';
import {
  type DefinitionHash,
  type NodeId,
  type RunId,
  runId,
  type TenantId,
  tenantId,
} from '../model/ids.ts';
import type { LimitKey } from '../model/limit.ts';
import type { Phase, RunKey } from '../model/run.ts';
import type { Waiter } from '../ports/limit-store.ts';
import { indexPhaseOf, shardCount } from '../ports/run-store.ts';

/** The primary key of an item. Attribute names as in table.ts. */
export interface ItemKey {
  readonly pk: string;
  readonly sk: string;
}

type AttemptId = Pick<AttemptRecord, 'node' | 'epoch' | 'nonce'>;
/** Sorted as text, epochs are to stand in their order. */
const epochDigits = 12;
const sinceDigits = 15;

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
/** Where the attempts of a run begin, or those of one of its nodes. */
export const attemptPrefix = (key: RunKey, node?: NodeId): ItemKey => ({
  pk: runPartition(key),
  sk: node === undefined ? 'ATTEMPT#' : `ATTEMPT#${node}#`,
});
/** One attempt: those under one epoch, steps of a loop that follow each other, differ by their nonces. */
export const attemptKey = (key: RunKey, { epoch, node, nonce }: AttemptId): ItemKey => {
  const { pk, sk } = attemptPrefix(key, node);
  return { pk, sk: `${sk}${String(epoch).padStart(epochDigits, '0')}#${nonce}` };
};
/** @param piece of a definition that one item cannot hold, from 0 */
export const definitionKey = (hash: DefinitionHash, piece = 0): ItemKey => ({
  pk: `DEFINITION#${hash}`,
  sk: piece === 0 ? 'DEFINITION' : `DEFINITION#${piece}`,
});
export const memoKey = (key: string): ItemKey => ({ pk: `MEMO#${key}`, sk: 'MEMO' });
/** Of what a tenant asked for in one second. */
export const requestsKey = (tenant: TenantId, second: number): ItemKey => ({
  pk: `LIMIT#${tenant}`,
  sk: `REQUESTS#${second}`,
});
/** Of how many runs of a tenant are open. */
export const openRunsKey = (tenant: TenantId): ItemKey => ({ pk: `LIMIT#${tenant}`, sk: 'OPEN' });
/** What stands at one key of a limit. */
export const slotsKey = (limit: LimitKey): ItemKey => ({ pk: slotsPartition(limit), sk: 'SLOTS' });
/** Where those begin that wait for one of its slots. */
export const waiterPrefix = (limit: LimitKey): ItemKey => ({ pk: slotsPartition(limit), sk: 'WAIT#' });
/** One of them: in the order in which they are rung. */
export const waiterKey = (limit: LimitKey, { node, run, since, tenant }: Waiter): ItemKey => {
  const { pk, sk } = waiterPrefix(limit);
  return { pk, sk: `${sk}${String(since).padStart(sinceDigits, '0')}#${tenant}#${run}#${node}` };
};
/** The key's own text stands last: whatever it is, it cannot be mistaken for another's. */
const slotsPartition = ({ key, name }: LimitKey): string => `SLOTS#${name}#${key}`;
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
