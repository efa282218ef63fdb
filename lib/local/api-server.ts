import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { serveDashboard } from '../dashboard/serve-dashboard.ts';
import { fired } from './fired.ts';
import { onlyOwnMachine } from './own-machine.ts';
import { listen, loopback } from './ports.ts';

export interface ApiServer {
  readonly url: string;
  /**
   * Takes no new requests, and ends the streams of events. Resolves when the requests under way are answered; what is left
   * when the signal fires is cut.
   */
  close(signal: AbortSignal): Promise<void>;
}

/**
 * Serves the app, and the dashboard that asks it, on the loopback address, to programs of this machine and to none of the
 * other pages that its browsers show; port 0 takes a free one.
 *
 * @throws HoldfastError `PortInUse`
 */
export async function serveApi(app: Hono, port: number): Promise<ApiServer> {
  const closing = new AbortController();
  const own = new Hono()
    .use(onlyOwnMachine)
    .route('/', serveDashboard())
    .all('*', async (c) => endingAt(closing.signal, await app.fetch(c.req.raw, c.env)));
  const server = createServer(getRequestListener(own.fetch, { overrideGlobalObjects: false }));
  const chosen = await listen(server, port, 'the API');
  return {
    url: `http://${loopback}:${chosen}`,
    async close(signal) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      closing.abort();
      server.closeIdleConnections();
      await Promise.race([closed, fired(signal)]);
      server.closeAllConnections();
      await closed;
    },
  };
}

/** A stream of events may go on for ever: with the server it ends, as after any cut, and its reader comes back. */
function endingAt(closing: AbortSignal, response: Response): Response {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  if (!isStream || !response.body) return response;
  const reader = response.body.getReader();
  let isOver = false;
  // Not by a signal of its own: of several for one target, Node keeps only the last through a garbage collection.
  const end = () => {
    isOver = true;
    closing.removeEventListener('abort', cut);
  };
  let cut = end;
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        cut = () => {
          if (isOver) return;
          end();
          controller.close();
          reader.cancel().catch(() => {});
        };
        if (closing.aborted) cut();
        else closing.addEventListener('abort', cut, { once: true });
      },
      async pull(controller) {
        const { done, value } = await reader.read();
        if (isOver) return;
        if (!done) return controller.enqueue(value);
        end();
        controller.close();
      },
      async cancel(reason) {
        end();
        await reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, response);
}
