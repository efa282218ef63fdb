import type { Dispatch } from '../model/message.ts';
import type { Logger } from '../ports/logger.ts';
import type { Queue } from '../ports/queue.ts';

/** Sends doorbells. Those that are not taken cost time only: discovery rings, too. */
export async function ring(
  { logger, queue }: { readonly logger: Logger; readonly queue: Queue },
  dispatches: readonly Dispatch[],
): Promise<void> {
  if (dispatches.length === 0) return;
  for (const { message } of await queue.send(dispatches)) {
    logger.warn('doorbell not sent; discovery will', { run: message.run });
  }
}
