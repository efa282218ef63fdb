import { request } from 'node:https';
import { isIP } from 'node:net';
import { RequestFilteringHttpsAgent } from 'request-filtering-agent';
import { Webhook } from 'standardwebhooks';
import { HoldfastError } from '../model/errors.ts';
import type { EpochMs, Ms } from '../model/time.ts';
import { version } from '../version.ts';
import { allowedFor, oddAddressFault, webhookFault } from './webhook-url.ts';

const timeoutMs: Ms = 15_000;

export interface WebhookOptions {
  /** One to three, as Standard Webhooks writes them: each signs, so that one can be replaced by another. */
  readonly secrets: readonly string[];
  /** Addresses and ranges (CIDR) outside the public internet that are allowed all the same. */
  readonly allow: readonly string[];
}

/** One signed request. */
export interface Post {
  readonly url: string;
  /** Tells a delivery that is made again from another one. */
  readonly id: string;
  readonly body: string;
  readonly now: EpochMs;
  readonly signal: AbortSignal;
}

/**
 * Posts a body, signed as https://www.standardwebhooks.com says (`webhook-id`, `webhook-timestamp`, `webhook-signature`:
 * HMAC-SHA256). The name is resolved once, every address it has must be public, and one of these is called: no second
 * lookup can lead elsewhere. Redirects are not followed.
 *
 * @returns the status of the answer
 * @throws HoldfastError `WebhookRefused` for an address that may not be called, `WebhookFailed` for whatever is no 2xx answer
 */
export async function post(
  { body, id, now, signal, url }: Post,
  { allow, secrets }: WebhookOptions,
): Promise<number> {
  const fault = webhookFault(url) ?? oddAddressFault(url, allow);
  if (fault) throw new HoldfastError('WebhookRefused', `The webhook ${fault}`);
  const at = new Date(now);
  const headers = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'user-agent': `holdfast/${version}`,
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now / 1_000)),
    'webhook-signature': secrets.map((secret) => new Webhook(secret).sign(id, at, body)).join(' '),
  };
  // Made anew for each: a connection that is kept would outlive the check of its address.
  const agent = new RequestFilteringHttpsAgent({
    keepAlive: false,
    allowIPAddressList: allowedFor(url, allow),
  });
  const timeout = AbortSignal.timeout(timeoutMs);
  const within = AbortSignal.any([signal, timeout]);
  const options = { agent, headers, method: 'POST', signal: within };
  const status = await send(new URL(url), options, body).catch((error: Error) => {
    throw failureOf(error, new URL(url), timeout.aborted);
  });
  if (status >= 200 && status <= 299) return status;
  throw new HoldfastError('WebhookFailed', `The webhook answered ${status}`);
}

async function send(url: URL, options: Parameters<typeof request>[1], body: string): Promise<number> {
  const { promise, reject, resolve } = Promise.withResolvers<number>();
  const sent = request(url, options, (answer) => {
    resolve(answer.statusCode ?? 0);
    // Nobody reads what else it says, however much that is.
    answer.destroy();
  });
  sent.on('error', reject);
  sent.end(body);
  return await promise;
}

function failureOf(error: Error & { code?: string }, { hostname }: URL, isLate: boolean): HoldfastError {
  if (/is not allowed\. Because/.test(error.message)) {
    const where = isIP(hostname) ? 'The address' : 'The name';
    return new HoldfastError('WebhookRefused', `${where} ${hostname} leads out of the public internet`);
  }
  const what = isLate
    ? `did not answer within ${timeoutMs / 1_000} s`
    : `is out of reach: ${error.code ?? error.message}`;
  return new HoldfastError('WebhookFailed', `The webhook ${what}`);
}
