import { type ErrorCode, errorHints, HoldfastError } from '../model/errors.ts';

export interface HttpOptions {
  /** Where the API is, such as `http://127.0.0.1:3000`; a path in it is kept. */
  readonly url: string;
  /** Default: the global one. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  /** Sent with every request, such as an authorization. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly signal?: AbortSignal;
  /** Of an answer that says by its status that something is missing: whether it is one all the same. */
  readonly isAnswer?: (body: HttpAnswer['body']) => boolean;
  /** How long the API may take to answer. Default: 30 s. */
  readonly answerMsMax?: number;
}

/** A request for a stream of server-sent events. */
export interface StreamRequest extends Pick<HttpRequest, 'path' | 'headers'> {
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>>;
}

export type Transport = (request: HttpRequest) => Promise<HttpAnswer>;

const answerMsMaxDefault = 30_000;

/**
 * Requests to the API. A problem document comes back as the HoldfastError that it was.
 *
 * @throws HoldfastError `InvalidArgument` when the URL is none that can be requested
 */
export function createTransport(options: HttpOptions): Transport {
  const base = checkUrl(options.url);
  const send = options.fetch ?? globalThis.fetch;
  return async (request) => {
    const { answerMsMax = answerMsMaxDefault, method, path, body, signal } = request;
    const late = AbortSignal.timeout(answerMsMax);
    const response = await answerOf(
      base,
      answerMsMax,
      () =>
        send(`${base}${path}`, {
          method,
          headers: {
            accept: 'application/json, application/problem+json',
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...options.headers,
            ...request.headers,
          },
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
          signal: signal ? AbortSignal.any([signal, late]) : late,
        }).then(async (answer) => ({ status: answer.status, text: await answer.text() })),
      signal,
    );
    const json = parseObject(response.text);
    const isGood = response.status >= 200 && response.status < 300;
    if (json && (isGood || request.isAnswer?.(json))) return { status: response.status, body: json };
    throw json ? errorOf(json, response.status, base) : notTheApi(response.status, base);
  };
}

/** Resolves to the stream once the API has answered; undefined where there is nothing to tell any more. */
export type StreamTransport = (request: StreamRequest) => Promise<ReadableStream<Uint8Array> | undefined>;

/** @throws HoldfastError as `createTransport` */
export function createStreamTransport(options: HttpOptions): StreamTransport {
  const base = checkUrl(options.url);
  const send = options.fetch ?? globalThis.fetch;
  return async ({ headers, path, signal }) => {
    const ask = () =>
      send(`${base}${path}`, {
        method: 'GET',
        headers: { accept: 'text/event-stream, application/problem+json', ...options.headers, ...headers },
        signal,
      });
    const response = await answerOf(base, answerMsMaxDefault, ask, signal);
    if (response.status === 204) return undefined;
    const type = response.headers.get('content-type') ?? '';
    if (response.status === 200 && response.body && type.startsWith('text/event-stream'))
      return response.body;
    const json = parseObject(await answerOf(base, answerMsMaxDefault, () => response.text(), signal));
    throw json ? errorOf(json, response.status, base) : notTheApi(response.status, base);
  };
}

/** Without a slash at its end. @throws HoldfastError `InvalidArgument` for one that cannot be requested */
export function checkUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const invalid = (what: string) =>
    new HoldfastError('InvalidArgument', `The URL of the API ${what}`, {
      field: 'url',
      hint: 'Give a URL such as http://127.0.0.1:3000 by --url or HOLDFAST_URL; credentials belong into headers.',
    });
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw invalid(`is not an http or https URL: ${JSON.stringify(url.slice(0, 200))}`);
  }
  if (parsed.username !== '' || parsed.password !== '') throw invalid('contains credentials');
  if (parsed.search !== '' || parsed.hash !== '') throw invalid('ends in a query or a fragment');
  return parsed.href.replace(/\/+$/, '');
}

async function answerOf<Answer>(
  base: string,
  answerMsMax: number,
  ask: () => Promise<Answer>,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  try {
    return await ask();
  } catch (cause) {
    signal?.throwIfAborted();
    // Nothing was sent: it could not be signed, say.
    if (cause instanceof HoldfastError) throw cause;
    const what =
      cause instanceof Error && cause.name === 'TimeoutError'
        ? `did not answer within ${answerMsMax / 1_000} s`
        : `cannot be reached${reasonOf(cause)}`;
    throw new HoldfastError('ApiUnreachable', `The API at ${base} ${what}`, { cause });
  }
}

/** Node keeps the reason, such as ECONNREFUSED, in the cause of a bare "fetch failed". */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  if (typeof cause !== 'object' || cause === null) return '';
  const code = 'code' in cause ? cause.code : undefined;
  return typeof code === 'string' ? ` (${code})` : '';
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function errorOf(problem: Readonly<Record<string, unknown>>, status: number, base: string): HoldfastError {
  const { code, detail, field, hint } = problem;
  if (typeof code !== 'string' || typeof detail !== 'string') return notTheApi(status, base);
  const details = {
    ...(typeof field === 'string' ? { field } : {}),
    ...(typeof hint === 'string' ? { hint } : {}),
    // What this client asks for is there, if the path before it is right.
    ...(code === 'UnknownRoute' && new URL(base).pathname !== '/' && { hint: pathHint(base) }),
  };
  if (isErrorCode(code)) return new HoldfastError(code, detail, details);
  // The server is newer than this client.
  return new HoldfastError('ApiProblem', `${code}: ${detail}`, details);
}

const pathHint = (base: string): string =>
  `The URL ends in the path ${new URL(base).pathname}, and the API is not there: leave the path out, or correct it.`;

function notTheApi(status: number, base: string): HoldfastError {
  // A gateway says that what is behind it cannot be reached, or not now.
  if (status === 429 || (status >= 502 && status <= 504)) {
    return new HoldfastError('ApiUnreachable', `The API at ${base} cannot be reached (status ${status})`);
  }
  if (status === 401 || status === 403) {
    return new HoldfastError('ApiProblem', `${base} does not let these requests through (status ${status})`, {
      hint: 'Use credentials that may call it: HOLDFAST_AUTH=iam signs by those of AWS, HOLDFAST_TOKEN is a token.',
    });
  }
  return new HoldfastError('ApiProblem', `${base} answered ${status}, and not as Holdfast does`, {
    hint: 'Check that the URL is that of a Holdfast API, and what stands in front of it.',
  });
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorHints, code);
}
