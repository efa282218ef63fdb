import { soleNode } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { Transition, Update } from '../model/transition.ts';
import { type Applied, isReadable } from '../ports/run-store.ts';
import type { LeaseAnswer, LeaseRequest } from './lease-history.ts';

/**
 * What a write asks of its node's lease; undefined for one that asks nothing of it.
 *
 * @param epoch of the lease that the sender believes to hold
 */
export function leaseRequestOf({ name, updates }: Transition, epoch: number): LeaseRequest | undefined {
  switch (name) {
    case 'claim':
    case 'takeOver':
      return { asks: 'claim', until: (valueAt(updates, 'lease') as { until: EpochMs }).until };
    case 'renew':
      return { asks: 'renew', epoch, until: valueAt(updates, 'until') as EpochMs };
    case 'retry':
    case 'yield':
      return { asks: 'release', epoch };
    case 'exhaust':
      return { asks: 'end', status: 'failed' };
    case 'finaliseCancel':
      return { asks: 'end', status: 'cancelled' };
    case 'commit': {
      const output = valueAt(updates, 'output');
      const status = valueAt(updates, 'status') as Extract<LeaseRequest, { asks: 'commit' }>['status'];
      return {
        asks: 'commit',
        epoch,
        status,
        ...(output === undefined ? {} : { output: outputOf(output as object) }),
      };
    }
    default:
      return undefined;
  }
}

function valueAt(updates: readonly Update[], last: string): unknown {
  const found = updates.find((update) => 'value' in update && update.set.at(-1) === last);
  return found && 'value' in found ? found.value : undefined;
}

export const outputOf = (payload: object) => JSON.stringify(payload);

/** What the write's answer says of the lease. */
export function leaseAnswerOf({ applied, run }: Applied, owner: string, request: LeaseRequest): LeaseAnswer {
  const readable = isReadable(run) ? run : undefined;
  const node = readable?.nodes[soleNode];
  if (applied) return { answer: 'granted', ...(request.asks === 'claim' && { epoch: node?.epoch ?? 0 }) };
  if (readable && readable.phase !== 'active') return { answer: 'refused', because: 'Finished' };
  const isHeld = node?.status === 'running';
  if (request.asks === 'claim') return { answer: 'refused', because: isHeld ? 'Leased' : 'NotClaimable' };
  const isMine = isHeld && node.lease.nonce === owner && 'epoch' in request && node.epoch === request.epoch;
  return { answer: 'refused', because: isMine ? 'Changed' : 'NotHolder' };
}
