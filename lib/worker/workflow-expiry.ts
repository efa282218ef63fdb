import type { Registered } from '../define/registry.ts';
import type { EpochMs } from '../model/time.ts';
import { expiry } from '../payload/payload.ts';
import { longestDelayMs } from '../protocol/nodes/longest.ts';
import type { WorkerPorts } from './ports.ts';

/** What a node of a workflow leaves may have to outlast long pauses of its run. */
export const workflowExpiry = (
  { settings }: Pick<WorkerPorts, 'settings'>,
  { shape }: Registered,
  now: EpochMs,
): EpochMs => expiry.ofInput(now, settings.retention, longestDelayMs(shape.body));
