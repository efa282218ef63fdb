import type { Failure } from '../model/failure.ts';
import type { Reached } from '../model/limit.ts';
import type { Dispatch } from '../model/message.ts';
import type { Payload } from '../model/payload.ts';
import type { Run } from '../model/run.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Transition, Update } from '../model/transition.ts';
import { controlAsSeen } from './control.ts';
import { dispatchOf } from './dispatch.ts';
import { active, type Fence, fenced, increment, remove, set } from './guards.ts';
import { dispatchGraceMs, limitLookMsMin, lookPauseMaxMs, messageDelayMaxMs } from './limits.ts';
import { lookInTime } from './look-in-time.ts';

/** A write after which the node is ready again, and its doorbell. */
export interface HandBack {
  readonly transition: Transition;
  readonly dispatches: readonly Dispatch[];
}

interface Hop {
  /** Of the message that brought the node here. */
  readonly hop: number;
  readonly hopLimit: number;
}

/** The attempt failed and another one is left: ready again after a pause. */
export function retryLater(
  run: Run,
  fence: Fence,
  {
    failure,
    checkpoint,
    delayMs,
    now,
    ...hop
  }: { failure: Failure; checkpoint?: Payload | undefined; delayMs: Ms; now: EpochMs } & Hop,
): HandBack {
  const updates = [
    set(['nodes', fence.node, 'failure'], failure),
    ...forgetting(run, fence),
    ...keeping(fence, checkpoint),
  ];
  return handBack('retry', run, fence, updates, { delayMs, now, ...hop });
}

/** The holder gives the node back unfinished and unfailed: its attempt does not count. */
export function yieldNode(
  run: Run,
  fence: Fence,
  { checkpoint, now, ...hop }: { checkpoint: Payload | undefined; now: EpochMs } & Hop,
): HandBack {
  const updates = [
    increment(['nodes', fence.node, 'attempt'], -1),
    ...forgetting(run, fence),
    ...keeping(fence, checkpoint),
  ];
  return handBack('yield', run, fence, updates, { delayMs: 0, now, ...hop });
}

/**
 * The holder has not begun: a limit of the task was reached. One that has a permit is rung for its time. One that waits
 * for a slot is rung by whoever frees one, and looked at after a while in case that was lost.
 */
export function giveWay(
  run: Run,
  fence: Fence,
  { limited, now, ...hop }: { limited: Reached; now: EpochMs } & Hop,
): HandBack {
  const { permit } = limited;
  // As long again as it has waited: rarely where all wait long, soon where all is soon over.
  const silentMs = Math.min(lookPauseMaxMs, Math.max(limitLookMsMin, now - limited.since));
  const updates = [
    increment(['nodes', fence.node, 'attempt'], -1),
    set(['nodes', fence.node, 'limited'], { ...limited, until: permit ?? now + silentMs }),
    // Nobody has begun with it yet.
    ...(limited.attempt > 1
      ? []
      : [remove(['nodes', fence.node, 'startedAt']), remove(['nodes', fence.node, 'worker'])]),
  ];
  const when = permit === undefined ? { delayMs: 0, silentMs } : { delayMs: Math.max(0, permit - now) };
  return handBack('yield', run, fence, updates, { ...when, now, ...hop });
}

/** A permit is for the attempt that asked, and used up once it has begun. */
const forgetting = (run: Run, { node }: Fence): Update[] =>
  run.nodes[node]?.limited ? [remove(['nodes', node, 'limited'])] : [];

const keeping = ({ node }: Fence, checkpoint: Payload | undefined): Update[] =>
  checkpoint === undefined ? [] : [set(['nodes', node, 'checkpoint'], checkpoint)];

/**
 * What was asked for since the snapshot is decided on first. A cancelled run that became ready would have nobody left to
 * end it before the look for the end of its old lease.
 */
function handBack(
  name: string,
  run: Run,
  fence: Fence,
  updates: Update[],
  { delayMs, hop, hopLimit, now, silentMs }: { delayMs: Ms; silentMs?: Ms; now: EpochMs } & Hop,
): HandBack {
  const notBefore = now + delayMs;
  const isSilent = silentMs !== undefined;
  const rings = !run.control && !isSilent && delayMs <= messageDelayMaxMs && hop + 1 < hopLimit;
  const patienceMs = silentMs ?? (rings ? dispatchGraceMs : 0);
  // A run that was asked to stop can be parked at once, by its holder or else by a look.
  const needAt = run.control ? now : notBefore + patienceMs;
  const look = lookInTime(name, needAt, run.at);
  return {
    transition: {
      name,
      key: run,
      guards: [...active(name), ...fenced(name, fence), controlAsSeen(name, run), look.guard],
      updates: [
        set(['nodes', fence.node, 'status'], 'ready'),
        set(['nodes', fence.node, 'notBefore'], notBefore),
        remove(['nodes', fence.node, 'lease']),
        ...updates,
        ...look.updates,
      ],
    },
    dispatches: rings ? [dispatchOf(run, fence.node, { delayMs, hop: hop + 1 })] : [],
  };
}
