import type { NodeId, Nonce } from '../model/ids.ts';
import { type Phase, type Run, schemaVersion } from '../model/run.ts';
import type { Condition, Guard, Path, Update } from '../model/transition.ts';

/** What a holder must show with every write: the epoch and nonce of its lease on the node. */
export interface Fence {
  readonly node: NodeId;
  readonly epoch: number;
  readonly nonce: Nonce;
}

export const guard = (name: string, condition: Condition): Guard => ({ ...condition, guard: name });

export const equals = (path: Path, value: string | number): Condition => ({ is: '=', path, value });
export const absent = (path: Path): Condition => ({ is: 'absent', path });

/** Every write on a run that goes on begins with these: an old worker leaves a newer item alone. */
export const active = (name: string): Guard[] => inPhase(name, 'active');

/** As `active`, for what may also be done to a run in another phase: the one that was seen. */
export const inPhase = (name: string, phase: Phase): Guard[] => [
  readable(name),
  guard(`${name}.active`, equals(['phase'], phase)),
];

const readable = (name: string): Guard =>
  guard(`${name}.schema`, { is: '<=', path: ['schema'], value: schemaVersion });

/** The fence: only the current holder's write passes. */
export const fenced = (name: string, { node, epoch, nonce }: Fence): Guard[] => [
  guard(`${name}.leased`, equals(['nodes', node, 'status'], 'running')),
  guard(`${name}.epoch`, equals(['nodes', node, 'epoch'], epoch)),
  guard(`${name}.nonce`, equals(['nodes', node, 'lease', 'nonce'], nonce)),
];

/** Nothing that raises `rev` came between the snapshot and this write. */
export const unchanged = (name: string, run: Pick<Run, 'rev'>): Guard =>
  guard(`${name}.rev`, equals(['rev'], run.rev));

export const set = (path: Path, value: unknown): Update => ({ set: path, value });
export const remove = (path: Path): Update => ({ remove: path });
export const increment = (path: Path, by = 1): Update => ({ set: path, from: path, by });
export const add = (path: Path, member: string): Update => ({ add: path, members: [member] });
export const drop = (path: Path, member: string): Update => ({ drop: path, members: [member] });
export const raiseRev = (): Update => increment(['rev']);
