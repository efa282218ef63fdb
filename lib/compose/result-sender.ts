import type { Env } from '../config/env.ts';
import { HoldfastError } from '../model/errors.ts';
import type { ResultSender } from '../result-delivery/task.ts';
import type { Composition } from './compose.ts';
import { webhookSecrets } from './webhook-secrets.ts';

/** What an executor delivers results with. Apart from `compose`, because no other program carries what webhooks take. */
export function resultSender(
  env: Env,
  { clock, resultQueues, settings }: Pick<Composition, 'clock' | 'resultQueues' | 'settings'>,
): ResultSender {
  const secretsNow = webhookSecrets(env, clock);
  return {
    ...resultQueues,
    post: async (request) => {
      const secrets = settings.webhooks === 'off' ? [] : await secretsNow();
      if (secrets.length === 0)
        throw new HoldfastError('WebhooksOff', 'This executor has no secrets to sign webhooks with');
      // Only whoever posts needs what it takes.
      const { post } = await import('../result-delivery/webhook.ts');
      return await post(request, { secrets, allow: settings.webhookAllow });
    },
  };
}
