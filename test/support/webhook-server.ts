import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { generate } from 'selfsigned';

export interface WebhookRequest {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface WebhookServer extends AsyncDisposable {
  readonly url: string;
  /** The certificate of the authority that a caller must trust: the server's own, for localhost and 127.0.0.1. */
  readonly certificate: string;
  /** What came, the earliest first. */
  readonly requests: readonly WebhookRequest[];
}

/** Takes webhooks on the loopback address, over https. */
export async function startWebhookServer(
  answer: (request: WebhookRequest, response: ServerResponse) => void,
): Promise<WebhookServer> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 7, ip: '127.0.0.1' },
        ],
      },
    ],
  });
  const requests: WebhookRequest[] = [];
  const server = createServer({ key, cert }, async (incoming, response) => {
    const request = { url: incoming.url ?? '', headers: incoming.headers, body: await text(incoming) };
    requests.push(request);
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: cert,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
