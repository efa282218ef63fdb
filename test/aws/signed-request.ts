import { createHash, createHmac } from 'node:crypto';
import { request } from 'node:http';
import { SignatureV4 } from '@smithy/signature-v4';
import { endpoint } from './endpoint.ts';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

interface Call {
  readonly service: string;
  readonly method?: string;
  /** With its query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Default: the endpoint's own. Function URLs are told apart by it. */
  readonly host?: string;
  readonly unsigned?: boolean;
}

class Sha256 {
  readonly #hash;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', secret as string);
  }
  update(data: Uint8Array): void {
    this.#hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }
}

/** Sends a request signed for a service, as AWS wants it, to the endpoint under test. */
export async function signedRequest(call: Call): Promise<Answer> {
  const { service, method = 'GET', path, body = '', unsigned = false } = call;
  const url = new URL(path, endpoint());
  const plain = {
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { ...call.headers, host: call.host ?? url.host },
    body,
  };
  const { AWS_REGION: region = '', AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '' } = process.env;
  const credentials = { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY };
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256 });
  const { headers } = unsigned ? plain : await signer.sign(plain);
  return send(url, method, headers, body);
}

/** Node's own client and not `fetch`, which does not let one name another host than the one it connects to. */
function send(url: URL, method: string, headers: Record<string, string>, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const length = String(Buffer.byteLength(body));
    const sent = request(url, { method, headers: { ...headers, 'content-length': length } }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Calls one of the services that speak JSON with the operation in a header. */
export async function awsJson<T>(service: string, target: string, input: object): Promise<T> {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
  const body = JSON.stringify(input);
  const answer = await signedRequest({ service, method: 'POST', path: '/', headers, body });
  if (answer.status !== 200) throw new Error(`${target}: ${answer.status} ${answer.text.slice(0, 300)}`);
  return JSON.parse(answer.text) as T;
}

/** Reads one of the resources of Lambda's REST API. */
export async function lambdaGet<T>(path: string): Promise<T> {
  const answer = await signedRequest({ service: 'lambda', path: `/2015-03-31/${path}` });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text.slice(0, 300)}`);
  return JSON.parse(answer.text) as T;
}
