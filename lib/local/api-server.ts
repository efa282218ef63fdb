import { createServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { fired } from './fired.ts';
import { onlyOwnMachine } from './own-machine.ts';
import { listen, loopback } from './ports.ts';

export interface ApiServer {
  readonly url: string;
  /** Takes no new requests. Resolves when those under way are answered; what is left when the signal fires is cut. */
  close(signal: AbortSignal): Promise<void>;
}

/**
 * Serves the app on the loopback address, to programs of this machine and to none of the pages that its browsers show;
 * port 0 takes a free one.
 *
 * @throws HoldfastError `PortInUse`
 */
export async function serveApi(app: Hono, port: number): Promise<ApiServer> {
  const own = new Hono().use(onlyOwnMachine).all('*', (c) => app.fetch(c.req.raw, c.env));
  const server = createServer(getRequestListener(own.fetch, { overrideGlobalObjects: false }));
  const chosen = await listen(server, port, 'the API');
  return {
    url: `http://${loopback}:${chosen}`,
    async close(signal) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      await Promise.race([closed, fired(signal)]);
      server.closeAllConnections();
      await closed;
    },
  };
}
