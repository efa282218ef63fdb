import type { MiddlewareHandler } from 'hono';
import { answerProblem } from '../api/problem.ts';
import { HoldfastError } from '../model/errors.ts';

/**
 * Refuses what a web page may have sent. The API asks nobody who they are, because only programs of this machine reach its
 * address; but browsers are programs of this machine too. A page of another origin names it, and one whose name leads here
 * (DNS rebinding) has that name as the host it calls.
 */
export const onlyOwnMachine: MiddlewareHandler = async (c, next) => {
  const { host, origin } = c.req.header();
  const foreign = foreignHeader({ host, origin });
  if (foreign === undefined) return await next();
  const what = `The header ${foreign} names something else than this machine's own address`;
  return answerProblem(c, new HoldfastError('ForeignRequest', what, { field: foreign }));
};

/** The header by which a request shows that it comes from elsewhere. */
export function foreignHeader({
  host,
  origin,
}: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
}): 'host' | 'origin' | undefined {
  if (host !== undefined && !isOwn(`http://${host}`)) return 'host';
  return origin !== undefined && !isOwn(origin) ? 'origin' : undefined;
}

/** By whatever port: a forwarded one is another. */
function isOwn(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname } = new URL(url);
  return /^(?:localhost|.+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
