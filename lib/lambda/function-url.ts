import { Hono } from 'hono';
import { handle, type LambdaContext, type LambdaEvent, streamHandle } from 'hono/aws-lambda';
import { flushTelemetry } from '../trace/flush.ts';

export type HttpHandler = (event: LambdaEvent, context?: LambdaContext) => Promise<unknown>;

/** The app as the handler of an HTTP API, which takes the whole response as a value. */
export const bufferedHandler = (app: Hono): HttpHandler => handle(flushing(app));

/**
 * The app as the handler of a function URL. Lambda's own runtime brings what streams a response to the client; the
 * emulators that run functions on plain node do not, and take the whole response as a value.
 */
export function functionUrlHandler(app: Hono): HttpHandler {
  // hono declares only what streams; it hands back what Lambda's runtime makes of it.
  return streamsResponses() ? (streamHandle(flushing(app)) as unknown as HttpHandler) : bufferedHandler(app);
}

const flushing = (app: Hono): Hono =>
  new Hono().all('*', async (c) => {
    const response = await app.fetch(c.req.raw, c.env);
    await flushTelemetry();
    return response;
  });

/** The name alone says nothing: Powertools keeps something of its own there. */
function streamsResponses(): boolean {
  const { awslambda } = globalThis as { awslambda?: { streamifyResponse?: unknown } };
  return typeof awslambda?.streamifyResponse === 'function';
}
