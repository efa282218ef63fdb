import type { Registered } from '../define/registry.ts';
import type { Ms } from '../model/time.ts';
import { keepFor } from '../payload/payload.ts';
import { longestDelayMs } from '../protocol/nodes/longest.ts';
import type { WorkerPorts } from './ports.ts';

/** What a node of a workflow leaves may have to outlast long pauses of its run. */
export const keepForWorkflow = ({ settings }: Pick<WorkerPorts, 'settings'>, { shape }: Registered): Ms =>
  keepFor.input(settings.retention, longestDelayMs(shape.body));
