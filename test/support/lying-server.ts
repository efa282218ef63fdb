import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface LyingServer extends AsyncDisposable {
  readonly url: string;
  /** How far its dates are from the true time, in milliseconds; undefined: it says none. */
  lieMs: number | undefined;
  /** How many of the next answers lie; all by default. */
  liesLeft: number;
}

/** Passes all requests on to another server, and lies about the time in its answers. */
export async function startLyingServer(target: string): Promise<LyingServer> {
  const server = createServer({ keepAlive: true }, async (request, response) => {
    const { host: _host, 'content-length': _length, connection: _connection, ...headers } = request.headers;
    const answer = await fetch(`${target}${request.url}`, {
      method: request.method ?? 'POST',
      headers: headers as Record<string, string>,
      body: await buffer(request),
    });
    const body = Buffer.from(await answer.arrayBuffer());
    const isLie = lying.liesLeft > 0;
    if (isLie) lying.liesLeft -= 1;
    response.sendDate = false;
    response.statusCode = answer.status;
    for (const name of ['content-type', 'x-amzn-requestid', 'x-amz-crc32']) {
      const value = answer.headers.get(name);
      if (value !== null) response.setHeader(name, value);
    }
    const lieMs = isLie ? lying.lieMs : 0;
    if (lieMs !== undefined) response.setHeader('date', new Date(Date.now() + lieMs).toUTCString());
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const lying: LyingServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lieMs: 0,
    liesLeft: Number.POSITIVE_INFINITY,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return lying;
}
