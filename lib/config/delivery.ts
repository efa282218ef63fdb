import { isIP } from 'node:net';
import * as z from 'zod';
import { HoldfastError } from '../model/errors.ts';
import { type Env, envNames } from './env.ts';
import { partName, readJsonVariable } from './json-variable.ts';
import { type Settings, settingVariable } from './settings.ts';

const queuesSchema = z.record(partName, z.url());

/** The queues that results may be delivered to, by the names that submissions call them. */
export type DeliveryQueues = ReadonlyMap<string, string>;

/** @throws HoldfastError `InvalidSetting` */
export function readDeliveryQueues(env: Env): DeliveryQueues {
  const text = env[envNames.deliveryQueues];
  if (!text) return new Map();
  const field = envNames.deliveryQueues;
  const queues = readJsonVariable(text, { field, schema: queuesSchema, what: 'a map of queue URLs' });
  return new Map(Object.entries(queues));
}

const secretsMax = 3;
/** As Standard Webhooks writes secrets: 24 to 64 bytes in base64. */
const secretPattern = /^whsec_[A-Za-z0-9+/]{32,86}={0,2}$/;

/**
 * What webhooks are signed with; empty where the environment has none. No message says what it is.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export const readWebhookSecrets = (env: Env): readonly string[] =>
  parseWebhookSecrets(env[envNames.webhookSecrets] ?? '', envNames.webhookSecrets);

/** @param field where the text comes from, for messages. @throws HoldfastError `InvalidSetting` */
export function parseWebhookSecrets(text: string, field: string): readonly string[] {
  const secrets = text.split(/\s+/).filter((secret) => secret !== '');
  if (secrets.length <= secretsMax && secrets.every((secret) => secretPattern.test(secret))) return secrets;
  const what = `${field} must be 1 to ${secretsMax} secrets apart by spaces, each whsec_ and 24 to 64 bytes in base64`;
  throw new HoldfastError('InvalidSetting', what, { field });
}

/**
 * Refuses in every program what webhooks could not be made with, also in those that make none.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export function checkWebhooks(env: Env, { webhookAllow }: Pick<Settings, 'webhookAllow'>): void {
  readWebhookSecrets(env);
  checkRanges(webhookAllow);
}

/**
 * What is allowed besides the public internet is an address, or a range of so many bits.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export function checkRanges(ranges: readonly string[]): void {
  const odd = ranges.find((range) => {
    const [address = '', bits, ...more] = range.split('/');
    const version = isIP(address);
    const bitsMax = version === 4 ? 32 : 128;
    return version === 0 || more.length > 0 || (bits !== undefined && Number(bits) > bitsMax);
  });
  if (odd === undefined) return;
  const field = settingVariable('webhookAllow');
  throw new HoldfastError('InvalidSetting', `${field} has ${odd}, which is no address and no range`, {
    field,
  });
}
