import type { DispatchMessage } from '../model/message.ts';
import type { Received } from '../ports/inbox.ts';
import type { Logger } from '../ports/logger.ts';
import type { Queue } from '../ports/queue.ts';
import { type Delivery, defer, type Verdict } from './delivery.ts';
import type { Executor } from './executor.ts';

interface MessageContext {
  readonly executor: Pick<Executor, 'execute'>;
  readonly queue: Pick<Queue, 'extend'>;
  readonly logger: Logger;
  /** Called where another message did the work, or does it. */
  readonly onDuplicate: () => void;
}

/** What a claim finds when another message did the work, or does it. */
const duplicates: ReadonlySet<string> = new Set(['Finished', 'Leased']);

/**
 * One received message to its end. Never rejects.
 *
 * @returns whether it may be deleted; if not, it is visible again when it is due
 */
export async function workOff(
  context: MessageContext,
  received: Received,
  time: Pick<Delivery, 'endsAt' | 'marginMs'>,
): Promise<boolean> {
  const { logger, queue } = context;
  const { id, message, receipt } = received;
  if (!message) {
    logger.error('message is not a dispatch: left to the dead-letter queue', { messageId: id });
    return false;
  }
  const verdict = await verdictOf(context, message, { ...time, receipt });
  if (duplicates.has(verdict.because)) context.onDuplicate();
  if (verdict.verdict === 'acknowledge') return true;
  await queue.extend(receipt, verdict.visibility);
  return false;
}

async function verdictOf(
  { executor, logger }: MessageContext,
  message: DispatchMessage,
  delivery: Omit<Delivery, 'message'>,
): Promise<Verdict> {
  try {
    return await executor.execute({ message, ...delivery });
  } catch (error) {
    logger.error('task not executed: its message comes back', { run: message.run, error });
    return defer(5, 'Error');
  }
}
