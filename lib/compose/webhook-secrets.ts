import { parseWebhookSecrets, readWebhookSecrets } from '../config/delivery.ts';
import { type Env, envNames } from '../config/env.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import { readSecret } from './aws-clients.ts';

/** A secret that was replaced is in use everywhere after so long. */
const keptMs: Ms = 300_000;

/**
 * What webhooks are signed with: from the environment, or, where that names one, from a secret of AWS Secrets Manager,
 * which is read at the first webhook and again every five minutes.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export function webhookSecrets(env: Env, clock: Clock): () => Promise<readonly string[]> {
  const arn = env[envNames.webhookSecretArn];
  const given = readWebhookSecrets(env);
  if (!arn) return async () => given;
  let read: { at: EpochMs; secrets: Promise<readonly string[]> } | undefined;
  return async () => {
    const now = clock.now();
    if (!read || now - read.at >= keptMs) {
      const secrets = readSecret(env, arn).then((text) =>
        parseWebhookSecrets(text, envNames.webhookSecretArn),
      );
      const mine = { at: now, secrets };
      read = mine;
      // The next one tries again.
      secrets.catch(() => {
        if (read === mine) read = undefined;
      });
    }
    return await read.secrets;
  };
}
