import { type Env, envNames, required } from '../config/env.ts';
import { type ApiAuth, apiAccess } from './api-access.ts';
import {
  createHttpClient as createPlainClient,
  type HttpClient,
  type HttpClientOptions as PlainOptions,
} from './http-client.ts';

export interface HttpClientOptions extends Omit<PlainOptions, 'url'> {
  /** Where the API is, such as `http://127.0.0.1:3000`; a path in it is kept. Default: HOLDFAST_URL. */
  readonly url?: string;
  /**
   * `iam` signs each request by the AWS credentials that the SDK finds, `none` sends it as it is. Default: HOLDFAST_AUTH;
   * without it a bearer token where HOLDFAST_TOKEN is one, a signature where the URL is a function URL, else nothing.
   */
  readonly auth?: ApiAuth;
  /** Default: the process's environment. */
  readonly env?: Env;
}

/**
 * A client over the HTTP API, by the same settings for the embedded runtime, a deployed stack and an emulator
 * (AWS_ENDPOINT_URL). Errors carry the same codes as those of a client beside the table, and `ApiUnreachable` when nobody
 * answers. `holdfast/client` has the one for browsers, which signs nothing.
 *
 * Values travel as plain JSON: an `undefined` as a whole input, payload or output survives, an undefined property is left
 * out. An undefined item of an array is refused in an input or payload (`NotSerializable`) and arrives as null in an
 * output.
 *
 * @throws HoldfastError `InvalidArgument` when the URL is none that can be requested, `MissingSetting` without one,
 *   `InvalidSetting`
 */
export function createHttpClient({
  auth,
  env = process.env,
  ...options
}: HttpClientOptions = {}): HttpClient {
  const { clock, fetch, headers, url = required(env, envNames.url) } = options;
  const access = apiAccess({ auth, env, url, ...(fetch && { fetch }), ...(headers && { headers }) });
  return createPlainClient({ ...access, ...(clock && { clock }) });
}
