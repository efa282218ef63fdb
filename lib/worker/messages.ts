import type { Dispatch, DispatchMessage } from '../model/message.ts';
import type { Ms } from '../model/time.ts';
import type { Received } from '../ports/inbox.ts';
import type { Logger } from '../ports/logger.ts';
import type { Queue } from '../ports/queue.ts';
import { type Delivery, defer, type Verdict } from './delivery.ts';
import type { Executor } from './executor.ts';

interface MessageContext {
  readonly executor: Pick<Executor, 'execute'>;
  readonly queue: Pick<Queue, 'extend' | 'send'>;
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
  if (verdict.verdict === 'acknowledge') return true;
  await queue.extend(receipt, verdict.visibility);
  return false;
}

/** One dispatch of this process's own, which no queue has. What is not due yet becomes a message. Never rejects. */
export async function workOffHanded(
  context: MessageContext,
  dispatch: Dispatch,
  time: Pick<Delivery, 'endsAt' | 'marginMs'>,
): Promise<void> {
  const { logger, queue } = context;
  const verdict = await verdictOf(context, dispatch.message, time);
  if (verdict.verdict === 'acknowledge') return;
  const later = { ...dispatch, delayMs: Math.max(deferMsMin, verdict.visibility * 1_000) };
  for (const { message } of await queue.send([later])) {
    logger.warn('doorbell not sent; discovery will', { run: message.run });
  }
}

/** SQS knows no shorter delay, and without one it would be handed over again. */
const deferMsMin: Ms = 1_000;

async function verdictOf(
  { executor, logger, onDuplicate }: MessageContext,
  message: DispatchMessage,
  delivery: Omit<Delivery, 'message'>,
): Promise<Verdict> {
  try {
    const verdict = await executor.execute({ message, ...delivery });
    if (duplicates.has(verdict.because)) onDuplicate();
    return verdict;
  } catch (error) {
    logger.error('task not executed: its message comes back', { run: message.run, error });
    return defer(5, 'Error');
  }
}
