import type { DefinitionHash, Nonce } from '../../lib/model/ids.ts';
import { type LeasedNode, type Run, soleNode } from '../../lib/model/run.ts';
import type { Transition } from '../../lib/model/transition.ts';
import { finaliseCancel } from '../../lib/protocol/cancel.ts';
import { claim, takeOver } from '../../lib/protocol/claim.ts';
import { commit } from '../../lib/protocol/commit.ts';
import { requestCancel } from '../../lib/protocol/control.ts';
import { exhaust } from '../../lib/protocol/exhaust.ts';
import { retryLater, yieldNode } from '../../lib/protocol/hand-back.ts';
import { look, lookAtUnreadable } from '../../lib/protocol/look.ts';
import { renew } from '../../lib/protocol/renew.ts';
import { leasedNode, sampleRun, start } from '../support/sample-run.ts';
import { taskCommit } from '../support/task-shape.ts';
import { waitingTransitions } from './waiting-transitions.ts';
import { workflowTransitions } from './workflow-transitions.ts';

const fence = { node: soleNode, epoch: 1, nonce: 'nonce-1' as Nonce };
const expires = 1;

/** The names of all guards, from every transition there is, each in all its forms. */
export function guardNames(): string[] {
  const names = everyTransition().flatMap(({ guards }) => guards.map(({ guard }) => guard));
  return [...new Set(names)].sort();
}

function everyTransition(): Transition[] {
  const ready = sampleRun({ at: start });
  const held = { ...ready, nodes: { [soleNode]: leasedNode } };
  const now = leasedNode.lease.until + 5_001;
  const options = { now, lookaheadMs: 60_000, repeatDoorbells: true, expires };
  const looks = [ready, held].map((run) => look(run, options)?.transition);
  return [
    ...looksInTime(held, leasedNode),
    ...workflowTransitions(),
    ...waitingTransitions(),
    exhaust(held, soleNode, leasedNode, now, expires),
    commit(held, fence, { status: 'cancelled' }, taskCommit(now, expires)).transition,
    requestCancel(held, { mode: 'graceful' }, now),
    finaliseCancel(held, now, expires),
    ...looks.filter((each) => each !== undefined),
    lookAtUnreadable(held, now)?.transition,
  ].filter((each) => each !== undefined);
}

/** Those that see to it that the run is looked at in time: as the look stands, and with it brought forward. */
function looksInTime(held: Run, node: LeasedNode): Transition[] {
  const command = {
    key: held,
    node: soleNode,
    hash: 'hash-1' as DefinitionHash,
    nonce: fence.nonce,
    worker: 'worker-1',
    leaseUntil: start,
  };
  const failure = { type: 'Error', message: 'failed', attempt: 1 };
  return [start, start + 3_600_000].flatMap((at) => {
    const seen = { ...held, at };
    const pausing = { ...seen, control: { kind: 'pause', mode: 'graceful', since: start } } as const;
    const hop = { now: start, hop: 0, hopLimit: 64 };
    return [
      claim(command, start, at),
      takeOver(command, node, at, start),
      renew({ key: held, fence, leaseUntil: start, seenAt: at }),
      retryLater(seen, fence, { failure, delayMs: 0, ...hop }).transition,
      yieldNode(seen, fence, { checkpoint: undefined, ...hop }).transition,
      retryLater(pausing, fence, { failure, delayMs: 0, ...hop }).transition,
      yieldNode(pausing, fence, { checkpoint: undefined, ...hop }).transition,
    ];
  });
}
