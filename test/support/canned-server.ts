import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What came, once all of it was there. */
export interface CannedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What a request is answered with; `lost`: it is taken, and its connection ends without an answer. */
export type CannedAnswer =
  | 'lost'
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };

export interface CannedServer extends AsyncDisposable {
  readonly url: string;
  readonly requests: readonly CannedRequest[];
}

/** Answers as it was told, one request after the other, the last answer again and again. */
export async function startCannedServer(...answers: readonly CannedAnswer[]): Promise<CannedServer> {
  const requests: CannedRequest[] = [];
  const server = createServer(async (request, response) => {
    const { headers, method = '', url = '' } = request;
    const body = await buffer(request);
    const answer = answers[Math.min(requests.length, answers.length - 1)];
    requests.push({ method, url, headers, body });
    if (answer === undefined || answer === 'lost') return request.socket.destroy();
    response.writeHead(answer.status, answer.headers).end(answer.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
