import { randomUUID } from 'node:crypto';
import type { DefinitionHash, Nonce, RunId, TenantId } from '../../lib/model/ids.ts';
import { noTenant } from '../../lib/model/ids.ts';
import { type LeasedNode, type ReadyNode, type Run, schemaVersion, soleNode } from '../../lib/model/run.ts';
import type { Path } from '../../lib/model/transition.ts';

/** A moment that tests count from. */
export const start = 1_700_000_000_000;

export const readyNode: ReadyNode = {
  status: 'ready',
  epoch: 0,
  attempt: 0,
  attemptsMax: 3,
  notBefore: start,
};

export const leasedNode: LeasedNode = {
  ...readyNode,
  status: 'running',
  epoch: 1,
  attempt: 1,
  worker: 'worker-1',
  startedAt: start,
  lease: { nonce: 'nonce-1' as Nonce, until: start + 60_000 },
};

/** A run that was just submitted, under an id of its own. */
export function sampleRun(overrides: Partial<Run> = {}): Run {
  return {
    tenant: noTenant as TenantId,
    run: `run-${randomUUID()}` as RunId,
    schema: schemaVersion,
    kind: 'task',
    name: 'echo',
    hash: 'hash-1' as DefinitionHash,
    submission: 'submission-1',
    phase: 'active',
    at: start + 60_000,
    rev: 0,
    epoch: 0,
    looks: 0,
    input: { text: '{"a":1}' },
    nodes: { [soleNode]: readyNode },
    pool: 'default',
    priority: 'normal',
    tags: [],
    createdAt: start,
    ...overrides,
  };
}

/** A path below the sole node. */
export const inNode = (...rest: string[]): Path => ['nodes', soleNode, ...rest];
