import type { Shape } from '../../lib/model/definition.ts';
import type { RunId } from '../../lib/model/ids.ts';
import type { EpochMs, EpochSec } from '../../lib/model/time.ts';
import type { CommitOptions } from '../../lib/protocol/commit.ts';

/** The shape of a single task. */
export const taskShape: Shape = { kind: 'task', name: 't', body: [{ kind: 'step', id: 'task', task: 't' }] };

/** What a holder commits a single task with. */
export const taskCommit = (now: EpochMs, expires: EpochSec): CommitOptions => ({
  shape: taskShape,
  planOf: () => ({ attemptsMax: 3, leaseMs: 60_000 }),
  nameChild: () => 'child' as RunId,
  now,
  expires,
  hop: 0,
  hopLimit: 64,
});
