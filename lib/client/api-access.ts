import { type Env, envNames } from '../config/env.ts';
import { HoldfastError } from '../model/errors.ts';
import type { HttpOptions } from './http-transport.ts';

type Fetch = NonNullable<HttpOptions['fetch']>;

/** `iam` signs each request by AWS credentials, `none` leaves them as they are. */
export type ApiAuth = 'iam' | 'none';

export interface ApiAccess extends HttpOptions {
  /**
   * Default: HOLDFAST_AUTH. Without it a bearer token where HOLDFAST_TOKEN is one, a signature where the URL is a function
   * URL, nothing elsewhere, and nothing where `headers` has an authorization.
   */
  readonly auth?: ApiAuth | undefined;
  readonly env: Env;
}

/**
 * How the API is reached wherever it is: embedded, deployed behind IAM or a gateway that wants a token, or on an emulator.
 *
 * @throws HoldfastError `InvalidSetting`
 */
export function apiAccess({ env, fetch = globalThis.fetch, headers, url, ...given }: ApiAccess): HttpOptions {
  const auth = given.auth ?? authOf(env);
  const emulated = emulatedUrl(url, env);
  const base = emulated?.url ?? url;
  const send = emulated ? emulatedFetch(emulated.endpoint) : fetch;
  const isAuthorized = Object.keys(headers ?? {}).some((name) => name.toLowerCase() === 'authorization');
  const shared = { url: base, ...(headers && { headers }) };
  if (auth === 'none' || (auth === undefined && isAuthorized)) return { ...shared, fetch: send };
  const token = env[envNames.token];
  if (auth === undefined && token) {
    return {
      ...shared,
      headers: { ...headers, authorization: `Bearer ${checked(token, base)}` },
      fetch: send,
    };
  }
  const isSigned = auth === 'iam' || emulated !== undefined || functionHost.test(hostOf(base));
  return { ...shared, fetch: isSigned ? signingFetch(env, send) : send };
}

function authOf(env: Env): ApiAuth | undefined {
  const auth = env[envNames.auth] || undefined;
  if (auth === undefined || auth === 'iam' || auth === 'none') return auth;
  throw new HoldfastError('InvalidSetting', `${envNames.auth} must be iam or none`, { field: envNames.auth });
}

/** Of AWS itself: nobody else is sent the session that signatures come with. */
const functionHost = /\.lambda-url\.[a-z0-9-]+\.on\.(?:aws|amazonaws\.com\.cn)$/i;

const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname : '');

/** A token is for the API alone: it goes over no wire in the clear, and no error repeats it. */
function checked(token: string, url: string): string {
  const invalid = (what: string, hint: string) =>
    new HoldfastError('InvalidSetting', `${envNames.token} ${what}`, { field: envNames.token, hint });
  if (!/^[\w.~+/-]+=*$/.test(token)) {
    throw invalid(
      'is no bearer token',
      'Set it to the token alone, without "Bearer", quotes and line breaks.',
    );
  }
  const isOwnMachine = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostOf(url));
  if (/^http:/i.test(url) && !isOwnMachine) {
    throw invalid('is sent over https only', `Use the https URL of the API, or ${envNames.auth}=none.`);
  }
  return token;
}

/** What signs takes a moment to load: only whoever asks for it waits for that. */
function signingFetch(env: Env, send: Fetch): Fetch {
  let signing: Promise<Fetch> | undefined;
  return async (url, init) => {
    signing ??= import('./signed-fetch.ts').then(({ signedFetch }) => signedFetch(env, send));
    return await (await signing)(url, init);
  };
}

/**
 * A function URL of an emulator, by the name that all of them know it by. What their stacks have as output is often none
 * that can be resolved, or even parsed.
 */
function emulatedUrl(url: string, env: Env): { readonly url: string; readonly endpoint: string } | undefined {
  const endpoint = env.AWS_ENDPOINT_URL_LAMBDA || env.AWS_ENDPOINT_URL;
  const [, name] = /^https?:\/\/([a-z0-9-]+\.lambda-url\.[a-z0-9-]+)\./i.exec(url) ?? [];
  return endpoint && name !== undefined ? { url: `https://${name}.on.aws`, endpoint } : undefined;
}

function emulatedFetch(endpoint: string): Fetch {
  return async (url, init) => await (await import('./emulated-fetch.ts')).emulatedFetch(endpoint, url, init);
}
