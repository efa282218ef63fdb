import { addAbortSignal, type Readable } from 'node:stream';
import type { SQSClientResolvedConfig } from '@aws-sdk/client-sqs';
import { SignatureV4 } from '@smithy/signature-v4';
import { againWhile } from '../aws/again.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { bucketUrl } from './endpoint.ts';
import { errorOfAnswer, isPassing } from './errors.ts';

/** What the clients of the SDK sign and send with: one that is there already lends it. */
export interface S3Access {
  readonly config: Pick<SQSClientResolvedConfig, 'region' | 'credentials' | 'sha256' | 'requestHandler'>;
  /** Instead of Amazon's own. */
  readonly endpoint?: string | undefined;
  /** Called for each request that is sent, with the name that AWS bills it by. */
  readonly count?: (name: string) => void;
}

export interface BucketRequest {
  /** As AWS calls it, such as `GetObject`. */
  readonly name: string;
  readonly method: 'GET' | 'HEAD' | 'PUT';
  /** Nothing in it that a URL would have to escape. Default: the bucket itself. */
  readonly key?: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface BucketAnswer {
  /** @throws HoldfastError `PayloadDamaged` where it is longer than that: no value is */
  body(bytesMax?: number): Promise<Buffer>;
}

interface RawAnswer {
  readonly statusCode: number;
  readonly body: Readable;
}

const triesMax = 3;
/** The largest value at 0.5 MB a second. */
const bodyMsMax: Ms = 20_000;

/**
 * Requests to one bucket. Not by the SDK's client of S3: that adds 145 KB to the bundle of each function, of which three
 * requests are needed, while signer, connections and credentials are there with the clients of the table and the queues.
 */
export class BucketRequests {
  readonly bucket: string;
  readonly #access: S3Access;
  readonly #signer: SignatureV4;

  constructor(access: S3Access, bucket: string) {
    this.bucket = bucket;
    this.#access = access;
    const { credentials, region, sha256 } = access.config;
    this.#signer = new SignatureV4({ service: 's3', region, credentials, sha256, uriEscapePath: false });
  }

  /**
   * Sends, and again where that may help; `read` is a part of what is tried.
   *
   * @throws S3Error where the answer is an error, and whatever keeps it away
   */
  async send<T>(request: BucketRequest, read: (answer: BucketAnswer) => Promise<T>): Promise<T> {
    return await againWhile(isPassing, async () => await read(await this.#answerTo(request)), triesMax);
  }

  async #answerTo({ body, headers, key, method, name, query }: BucketRequest): Promise<BucketAnswer> {
    const { config, count, endpoint } = this.#access;
    const { path, ...url } = bucketUrl(this.bucket, await config.region(), endpoint);
    const request = {
      ...url,
      method,
      path: `${path}/${key ?? ''}`,
      query: { ...query },
      headers: {
        host: url.port === undefined ? url.hostname : `${url.hostname}:${url.port}`,
        ...(body && {
          'content-length': String(body.byteLength),
          'content-type': 'application/octet-stream',
        }),
        ...headers,
      },
      ...(body && { body }),
    };
    const signed = await this.#signer.sign(request);
    count?.(name);
    const { response } = (await config.requestHandler.handle(signed)) as { response: RawAnswer };
    const text = async (bytesMax?: number) => await readBody(response.body, bytesMax);
    if (response.statusCode === 200) return { body: text };
    throw errorOfAnswer(response.statusCode, (await text()).toString());
  }
}

async function readBody(body: Readable, bytesMax = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of addAbortSignal(AbortSignal.timeout(bodyMsMax), body)) {
    bytes += chunk.length;
    // It is not read to its end: it may not fit into memory.
    if (bytes > bytesMax)
      throw new HoldfastError(
        'PayloadDamaged',
        `An object has more than ${bytesMax} bytes: it holds no value`,
      );
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
