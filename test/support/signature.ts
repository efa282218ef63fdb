import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/* AWS's signature version 4 as its documentation describes it, and as the other side computes it. */

export interface Key {
  readonly id: string;
  readonly secret: string;
}

interface Verdict {
  readonly isGenuine: boolean;
  /** `<date>/<region>/<service>/aws4_request` */
  readonly scope: string;
  readonly signed: readonly string[];
}

type Signed = Pick<IncomingMessage, 'method' | 'url' | 'headers'>;

/** Judges a request by all that came of it. */
export function judgeSignature(request: Signed, body: string | Buffer, key: Key): Verdict {
  const { authorization = '' } = request.headers;
  const [, id, scope = '', names = '', signature] =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
      authorization,
    ) ?? [];
  const signed = names.split(';');
  const canonical = [
    request.method,
    ...placeOf(request),
    ...signed.map((name) => `${name}:${String(request.headers[name]).trim().replace(/ +/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n');
  const at = String(request.headers['x-amz-date']);
  const text = ['AWS4-HMAC-SHA256', at, scope, sha256(canonical)].join('\n');
  const signingKey = scope
    .split('/')
    .reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${key.secret}`);
  const isWhole = request.headers['x-amz-content-sha256'] === sha256(body);
  const isGenuine = id === key.id && isWhole && signature === hmac(signingKey, text).toString('hex');
  return { isGenuine, scope, signed };
}

/** Path and query in the form that is signed: outside of S3, the path is encoded once more. */
function placeOf({ url = '/' }: Pick<Signed, 'url'>): [string, string] {
  const [path = '/', query = ''] = url.split('?');
  const pairs = query === '' ? [] : query.split('&').map((pair) => pair.split('='));
  const canonicalQuery = pairs
    .map(([name = '', value = '']) => `${encode(decode(name))}=${encode(decode(value))}`)
    .sort()
    .join('&');
  return [path.split('/').map(encode).join('/'), canonicalQuery];
}

const decode = (text: string) => decodeURIComponent(text.replaceAll('+', ' '));
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
const sha256 = (text: string | Buffer) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
