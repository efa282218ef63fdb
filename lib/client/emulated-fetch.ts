import { once } from 'node:events';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { Readable } from 'node:stream';

/**
 * Sends a request for a function URL to the endpoint of an emulator, which tells functions apart by the header `host`.
 * Not by the global `fetch`, which does not let one name another host than the one it connects to.
 */
export async function emulatedFetch(endpoint: string, url: string, init: RequestInit): Promise<Response> {
  const { host, pathname, search } = new URL(url);
  const target = new URL(`${pathname}${search}`, endpoint);
  const body = typeof init.body === 'string' ? init.body : '';
  const sent = (target.protocol === 'https:' ? secureRequest : request)(target, {
    method: init.method ?? 'GET',
    headers: {
      ...Object.fromEntries(new Headers(init.headers)),
      host,
      'content-length': Buffer.byteLength(body),
    },
    ...(init.signal && { signal: init.signal }),
  });
  sent.end(body);
  const [answer] = await once(sent, 'response').catch((error: unknown) => {
    init.signal?.throwIfAborted();
    throw error;
  });
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
  const isEmpty = answer.statusCode === 204 || answer.statusCode === 304;
  if (isEmpty) answer.resume();
  const response = new Response(isEmpty ? null : Readable.toWeb(answer), {
    status: answer.statusCode,
    headers,
  });
  return await unwrapped(response);
}

/**
 * MiniStack expects a streamed answer of a function that may stream, but runs it on a node that cannot: what the handler
 * returned arrives as the body.
 */
async function unwrapped(response: Response): Promise<Response> {
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
  if (response.status !== 200 || isStream) return response;
  const text = await response.text();
  const { body, headers, isBase64Encoded, statusCode } = parsed(text);
  if (typeof statusCode !== 'number' || typeof body !== 'string') {
    return new Response(text, { status: response.status, headers: response.headers });
  }
  const isEmpty = statusCode === 204 || statusCode === 304;
  const whole = isBase64Encoded === true ? Buffer.from(body, 'base64') : body;
  return new Response(isEmpty ? null : whole, {
    status: statusCode,
    headers: (headers ?? {}) as Record<string, string>,
  });
}

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}
