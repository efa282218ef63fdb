import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { answerProblem } from '../api/problem.ts';
import { checkUrl, type HttpOptions } from '../client/http-transport.ts';
import { HoldfastError } from '../model/errors.ts';

/** What travels of a request, and of its answer: nothing else is the API's business, or the page's. */
const requestHeaders = [
  'accept',
  'authorization',
  'content-type',
  'idempotency-key',
  'if-none-match',
  'last-event-id',
  'traceparent',
  'x-holdfast-tenant',
];
const answerHeaders = ['allow', 'cache-control', 'content-type', 'etag', 'location', 'retry-after'];

/** Whatever answers: a page that a gateway shows loads and runs nothing here. */
const guard = {
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

/**
 * Hands requests on to an API, with what shows whose they are, and streams through as they come. For one page alone: what
 * another page on this machine sends is refused, because it would be sent in the name of whoever started this.
 *
 * @param access as `apiAccess` says
 * @throws HoldfastError `InvalidArgument` for a URL that is none
 */
export function forwardTo(access: HttpOptions): Hono {
  const base = checkUrl(access.url);
  const send = access.fetch ?? globalThis.fetch;
  const app = new Hono();
  app.use(onlySameOrigin);
  app.all('*', async (c) => {
    const { pathname, search } = new URL(c.req.url);
    const hasBody = c.req.method !== 'GET' && c.req.method !== 'HEAD';
    try {
      const answer = await send(`${base}${pathname}${search}`, {
        method: c.req.method,
        headers: { ...picked(c.req.raw.headers, requestHeaders), ...access.headers },
        ...(hasBody && { body: await c.req.text() }),
        redirect: 'error',
        signal: c.req.raw.signal,
      });
      return new Response(answer.body, {
        status: answer.status,
        headers: { ...picked(answer.headers, answerHeaders), ...guard },
      });
    } catch (cause) {
      return answerProblem(c, asProblem(cause, base));
    }
  });
  return app;
}

function picked(from: Headers, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = from.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

function asProblem(cause: unknown, base: string): HoldfastError {
  // It could not be signed, say: whoever started this can do something about it.
  if (cause instanceof HoldfastError) return cause;
  return new HoldfastError('ApiUnreachable', `The API at ${base} gave no answer`, {
    hint: 'Check the URL that the dashboard was started with (--url or HOLDFAST_URL), and that the stack is there.',
    cause,
  });
}

const onlySameOrigin: MiddlewareHandler = async (c, next) => {
  const foreign = foreignHeaderOf(c);
  if (foreign === undefined) return await next();
  const what = `The header ${foreign} says that another page sends this than the dashboard`;
  return answerProblem(c, new HoldfastError('ForeignRequest', what, { field: foreign }));
};

function foreignHeaderOf(c: Context): string | undefined {
  const { host, origin, 'sec-fetch-site': site } = c.req.header();
  if (origin !== undefined && origin !== `http://${host}`) return 'origin';
  return site === undefined || site === 'same-origin' || site === 'none' ? undefined : 'sec-fetch-site';
}
