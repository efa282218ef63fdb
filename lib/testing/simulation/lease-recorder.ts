import { type Run, soleNode } from '../../model/run.ts';
import type { EpochMs } from '../../model/time.ts';
import type { Transition, Update } from '../../model/transition.ts';
import type { Applied } from '../../ports/run-store.ts';
import { isReadable } from '../../ports/run-store.ts';
import type { LeaseAnswer, LeaseEvent, LeaseRequest } from '../lease-history.ts';
import type { Execution } from './execution.ts';

/** Collects the lease histories of all nodes, each request as its sender saw it. */
export class LeaseRecorder {
  readonly events: LeaseEvent[] = [];

  /** Notes a request that may take effect; call what comes back when its answer has come. */
  sent(
    transition: Transition,
    execution: Execution | undefined,
    sentAt: EpochMs,
  ): (applied: Applied, answeredAt: EpochMs) => void {
    const request = requestOf(transition, execution);
    if (!request) return () => {};
    const index = this.events.length;
    const owner = execution?.nonce ?? 'discovery or client';
    const node = `${transition.key.tenant}/${transition.key.run}`;
    const event = { node, owner, sentAt, answeredAt: sentAt, request };
    this.events.push({ ...event, answer: { answer: 'none' } });
    return (applied, answeredAt) => {
      this.events[index] = { ...event, answeredAt, answer: answerOf(applied, owner, request) };
    };
  }

  /** Notes how a run stands. */
  read(run: Run, now: EpochMs): void {
    const node = run.nodes[soleNode];
    if (!node) return;
    const output = node.status === 'succeeded' ? outputOf(node.output) : undefined;
    this.events.push({
      node: `${run.tenant}/${run.run}`,
      owner: 'reader',
      sentAt: now,
      answeredAt: now,
      request: { asks: 'read' },
      answer: {
        answer: 'seen',
        epoch: node.epoch,
        status: node.status,
        ...(output !== undefined && { output }),
      },
    });
  }
}

function requestOf(
  { name, updates }: Transition,
  execution: Execution | undefined,
): LeaseRequest | undefined {
  const epoch = execution?.epoch ?? 0;
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

const outputOf = (payload: object) => JSON.stringify(payload);

function answerOf({ applied, run }: Applied, owner: string, request: LeaseRequest): LeaseAnswer {
  const readable = isReadable(run) ? run : undefined;
  const node = readable?.nodes[soleNode];
  if (applied) return { answer: 'granted', ...(request.asks === 'claim' && { epoch: node?.epoch ?? 0 }) };
  if (readable && readable.phase !== 'active') return { answer: 'refused', because: 'Finished' };
  const isHeld = node?.status === 'running';
  if (request.asks === 'claim') return { answer: 'refused', because: isHeld ? 'Leased' : 'NotClaimable' };
  const isMine = isHeld && node.lease.nonce === owner && 'epoch' in request && node.epoch === request.epoch;
  return { answer: 'refused', because: isMine ? 'Changed' : 'NotHolder' };
}
