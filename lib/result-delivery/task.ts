import * as z from 'zod';
import { type Registered, registeredOf } from '../define/registry.ts';
import { type AnyTask, defineTask } from '../define/task.ts';
import { HoldfastError } from '../model/errors.ts';
import type { EpochMs } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { NodePlan } from '../protocol/open.ts';
import type { Post } from './webhook.ts';

/** What a delivery is executed with. */
export interface ResultSender {
  /** @returns the status of the answer. @throws HoldfastError `WebhookRefused`, `WebhookFailed`, `WebhooksOff` */
  post(post: Post): Promise<number>;
  /** @throws HoldfastError `UnknownQueue`, and what the queue throws */
  enqueue(
    queue: string,
    message: { readonly id: string; readonly type: string; readonly body: string },
  ): Promise<void>;
}

const inputSchema = z.strictObject({
  /** The same however often it is delivered, also when it is redriven. */
  id: z.string(),
  target: z.union([z.strictObject({ webhook: z.string() }), z.strictObject({ queue: z.string() })]),
  event: z.looseObject({ type: z.string() }),
});
export type DeliveryInput = z.infer<typeof inputSchema>;

/** Nobody can submit it, nor define another of that name. */
export const deliveryTaskName = 'holdfast.deliver-result';

const attemptsMax = 12;

/** Pauses of 10 s to 6 h, drawn evenly from 0: 12 attempts take a day at most. */
const policy = {
  name: deliveryTaskName,
  input: inputSchema,
  timeout: '60s',
  lease: '60s',
  retry: {
    maxAttempts: attemptsMax,
    backoff: '10s',
    factor: 3,
    maxBackoff: '6h',
    retryIf: (error: unknown) => !(error instanceof HoldfastError && error.code === 'WebhookRefused'),
  },
} as const;

/** As JSON; SQS refuses messages with two characters that JSON leaves as they are. */
const bodyOf = (event: DeliveryInput['event']): string =>
  JSON.stringify(event).replace(/[\ufffe\uffff]/g, (character) =>
    character === '\ufffe' ? '\\ufffe' : '\\uffff',
  );

/** The built-in task that delivers one result to one target. */
export const deliveryTask = (sender: ResultSender, clock: Clock): AnyTask =>
  defineTask({
    ...policy,
    run: async ({ event, id, target }, ctx) => {
      const body = bodyOf(event);
      if ('queue' in target) {
        await sender.enqueue(target.queue, { id, type: event.type, body });
        return { queue: target.queue };
      }
      const now: EpochMs = clock.now();
      return { status: await sender.post({ url: target.webhook, id, body, now, signal: ctx.signal }) };
    },
  }) as AnyTask;

/** For those who start deliveries, and execute none. */
export const declaredDelivery: Registered = registeredOf(
  defineTask({ ...policy, output: z.unknown() }) as AnyTask,
);
export const deliveryPlan: NodePlan = { attemptsMax, leaseMs: 60_000 };
