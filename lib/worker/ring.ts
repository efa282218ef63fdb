import type { Dispatch } from '../model/message.ts';
import type { Run } from '../model/run.ts';
import type { WorkerPorts } from './ports.ts';

/** Sends doorbells. Those that are not taken cost time only: discovery rings, too. */
export async function ring(
  { logger, queue }: WorkerPorts,
  { run }: Run,
  dispatches: readonly Dispatch[],
): Promise<void> {
  if (dispatches.length === 0) return;
  const unsent = await queue.send(dispatches);
  if (unsent.length > 0) logger.warn('doorbell not sent; discovery will', { run });
}
