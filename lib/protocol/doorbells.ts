import type { Dispatch } from '../model/message.ts';
import { nodesOf, type Run } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import { dispatchOf } from './dispatch.ts';
import { messageDelayMaxMs } from './limits.ts';

/** The doorbells of what is ready in a run, as far as a message can be sent for it now. Its definition may be an older one. */
export function doorbellsOf(run: Run, now: EpochMs): Dispatch[] {
  if (run.phase !== 'active' || run.control || run.waitsFor) return [];
  return nodesOf(run)
    .filter(([, node]) => node.status === 'ready' && node.notBefore - now <= messageDelayMaxMs)
    .map(([path, node]) => dispatchOf(run, path, { delayMs: Math.max(0, node.notBefore - now), hop: 0 }));
}
