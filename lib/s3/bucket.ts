import type { ObjectStore } from '../ports/object-store.ts';
import type { BucketRequests } from './bucket-requests.ts';
import { errorOfAnswer, S3Error, translate } from './errors.ts';

/** A bucket of S3, encrypted as it is set up to be. */
export class S3Bucket implements ObjectStore {
  readonly #requests: BucketRequests;

  constructor(requests: BucketRequests) {
    this.#requests = requests;
  }

  async put(key: string, body: Uint8Array, digest: string): Promise<void> {
    // No condition: the same key is the same body, and writing it again makes it as young as who needs it now.
    const headers = { 'x-amz-content-sha256': digest };
    await this.#reaching(() =>
      this.#requests.send({ name: 'PutObject', method: 'PUT', key, headers, body }, async (answer) => {
        await answer.body();
      }),
    );
  }

  async get(key: string, bytesMax: number): Promise<Buffer | undefined> {
    return await this.#unlessMissing(() =>
      this.#requests.send({ name: 'GetObject', method: 'GET', key }, (answer) => answer.body(bytesMax)),
    );
  }

  async copy(from: string, to: string): Promise<boolean> {
    const headers = { 'x-amz-copy-source': `/${this.#requests.bucket}/${from}` };
    const copied = await this.#unlessMissing(() =>
      this.#requests.send({ name: 'CopyObject', method: 'PUT', key: to, headers }, async (answer) => {
        const text = (await answer.body()).toString();
        // What fails once the answer has begun comes with the status of success.
        if (text.includes('<Error>')) throw errorOfAnswer(500, text);
        return true;
      }),
    );
    return copied ?? false;
  }

  async #unlessMissing<T>(request: () => Promise<T>): Promise<T | undefined> {
    return await this.#reaching(async () => {
      try {
        return await request();
      } catch (error) {
        if (error instanceof S3Error && error.name === 'NoSuchKey') return undefined;
        throw error;
      }
    });
  }

  async #reaching<T>(request: () => Promise<T>): Promise<T> {
    try {
      return await request();
    } catch (error) {
      throw translate(this.#requests.bucket, error);
    }
  }
}
