import type { Context } from 'hono';
import { HoldfastError } from '../model/errors.ts';
import { parseExactJson } from '../model/exact-json.ts';

/** Larger bodies are refused with 413. */
export const bodyBytesMax = 1_000_000;
/** Of a body that holds many submissions. A function URL takes 6 MB, and that of the answer, which shows them, too. */
export const batchBytesMax = 5_000_000;
const depthMax = 64;
/** Keys that would reach a prototype in careless code further on. */
const forbiddenKeys = new Set(['__proto__', 'constructor', 'prototype']);
const jsonType = /^application\/(?:[a-z0-9.+-]+\+)?json\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i;

/**
 * The body as JSON that is safe to hand on; `undefined` when it is empty. The content type is asked for even then: no
 * web page of another origin can send it without being allowed to.
 *
 * @throws HoldfastError `UnsupportedMediaType`, `PayloadTooLarge`, `MalformedJson`, `InvalidArgument`
 */
export async function readJson(c: Context, bytesMax = bodyBytesMax): Promise<unknown> {
  const type = c.req.header('content-type') ?? '';
  if (!jsonType.test(type)) {
    const given = type === '' ? 'The request has no content type' : `The content type is ${shorten(type)}`;
    throw new HoldfastError('UnsupportedMediaType', `${given}, not application/json`, {
      field: 'content-type',
    });
  }
  const bytes = await readBytes(c, bytesMax);
  if (bytes.byteLength === 0) return undefined;
  const value = parse(bytes);
  checkValue(value, []);
  return value;
}

/** Counted while it arrives: a chunked body announces no length, and an announced one need not be true. */
async function readBytes(c: Context, bytesMax: number): Promise<Uint8Array> {
  if (Number(c.req.header('content-length')) > bytesMax) throw tooLarge(c, bytesMax);
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = c.req.raw.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read().catch((cause: unknown) => {
      // Whoever sent it has gone, or its length was not true: nobody is left to be told, and nothing is wrong here.
      throw new HoldfastError('MalformedJson', 'The body broke off', { field: 'body', cause });
    });
    if (done) break;
    length += value.byteLength;
    // The reader is left as it is: to cancel it would cut the connection before the answer is out.
    if (length > bytesMax) throw tooLarge(c, bytesMax);
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

function tooLarge(c: Context, bytesMax: number): HoldfastError {
  // The rest of the body is not read: the connection cannot serve another request.
  c.header('connection', 'close');
  return new HoldfastError('PayloadTooLarge', `The body is larger than ${bytesMax} bytes`, {
    field: 'body',
  });
}

function parse(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return parseExactJson(text, (path) => (path.length === 0 ? 'body' : shorten(path.join('.'))));
  } catch (error) {
    if (error instanceof HoldfastError) throw error;
    // The parser's own message quotes the body, which may hold secrets.
    throw new HoldfastError('MalformedJson', 'The body is not JSON in UTF-8', { field: 'body' });
  }
}

function checkValue(value: unknown, path: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (path.length >= depthMax) {
    throw new HoldfastError('InvalidArgument', `The body is nested deeper than ${depthMax} levels`, {
      field: 'body',
    });
  }
  for (const [key, inner] of Object.entries(value)) {
    path.push(key);
    if (forbiddenKeys.has(key)) throw forbidden(path);
    checkValue(inner, path);
    path.pop();
  }
}

function forbidden(path: readonly string[]): HoldfastError {
  const field = shorten(path.join('.'));
  return new HoldfastError('InvalidArgument', `The key ${field} is not allowed`, {
    field,
    hint: `Rename it: ${[...forbiddenKeys].join(', ')} are refused as keys anywhere in a request.`,
  });
}

const shorten = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);
