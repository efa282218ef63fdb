import type { NodeId } from '../model/ids.ts';
import type { Run } from '../model/run.ts';
import { type EpochMs, toEpochSec, toSec } from '../model/time.ts';
import { isReadable } from '../ports/run-store.ts';
import { type ClaimCommand, claim, decideRefusedClaim } from '../protocol/claim.ts';
import type { Fence } from '../protocol/guards.ts';
import { foreignDeferMs } from '../protocol/limits.ts';
import { acknowledge, defer, type Verdict } from './delivery.ts';
import type { WorkerPorts } from './ports.ts';
import { tendQuietly } from './tend-quietly.ts';

/** A lease in hand: the run as it was after the claim, and what to show with every write. */
export interface Held {
  readonly run: Run;
  readonly fence: Fence;
  readonly leaseUntil: EpochMs;
  /** Gone on with after another node, in the time that this left. */
  readonly isContinued?: true;
  /** From an owner whose lease ran out. */
  readonly takenOver?: { readonly leaseEnded: EpochMs };
}

/** A claim can lose against a change that leaves the node claimable; more than this many times it is left alone. */
const triesMax = 4;

/** A fork whose branches have all ended, and whose join is still to be opened. */
export interface ToJoin {
  readonly run: Run;
  readonly fork: NodeId;
}

/**
 * Claims the node, or takes it over, or says what becomes of the message instead. One write when nothing interferes.
 *
 * @param commandOf is asked before each write: a lease counted from before a slow answer would be over too soon. Its
 *   nonce stays, so that a claim whose answer was lost is known again.
 */
export async function acquire(
  ports: WorkerPorts,
  commandOf: () => ClaimCommand,
): Promise<Held | ToJoin | Verdict> {
  const { clock, runs, settings } = ports;
  let seenAt: EpochMs | undefined;
  for (let tries = 0; tries < triesMax; tries += 1) {
    const first = await runs.apply(claim(commandOf(), clock.now(), seenAt));
    const command = commandOf();
    if (first.applied) return hold(command, first.run);
    const seen = first.run;
    if (seen !== undefined && !isReadable(seen)) return defer(toSec(foreignDeferMs), 'NewerSchema');
    const now = clock.now();
    const decided = decideRefusedClaim(seen, command, now, toEpochSec(now + settings.retention));
    switch (decided.decision) {
      case 'hold':
        return hold(command, decided.run);
      case 'join':
        return { run: decided.run, fork: decided.fork };
      case 'drop':
        return acknowledge(decided.reason);
      case 'defer':
        return defer(toSec(decided.delayMs), 'NotYetDue');
      case 'mismatch':
        return defer(toSec(foreignDeferMs), 'DefinitionMismatch');
      case 'again':
        seenAt = decided.seenAt;
        continue;
      case 'takeOver': {
        const taken = await runs.apply(decided.transition);
        if (taken.applied)
          return { ...hold(command, taken.run), takenOver: { leaseEnded: decided.leaseEnded } };
        continue;
      }
      case 'wake':
        await runs.apply(decided.transition);
        continue;
      case 'exhaust': {
        const ended = await runs.apply(decided.transition);
        if (!ended.applied) continue;
        await tendQuietly(ports, ended.run);
        return acknowledge('AttemptsExhausted');
      }
    }
  }
  return defer(1, 'Contended');
}

function hold(command: ClaimCommand, run: Run): Held {
  const node = run.nodes[command.node];
  if (node?.status !== 'running') throw new Error('a claim must leave the node leased');
  return {
    run,
    fence: { node: command.node, epoch: node.epoch, nonce: command.nonce },
    leaseUntil: node.lease.until,
  };
}
