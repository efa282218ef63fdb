import { HoldfastError } from '../model/errors.ts';
import { objectBytesMax } from '../model/payload.ts';
import type { RunKey } from '../model/run.ts';
import type { EpochMs } from '../model/time.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import type { PayloadItems, PayloadStore, StoredName } from '../ports/payload-store.ts';
import { digestOf, type ObjectName, objectKey, parseObjectName } from './object-name.ts';

/** Texts in items of the table and, where there is a bucket, in objects: their names say which. */
export class TieredPayloads implements PayloadStore {
  readonly #items: PayloadItems;
  readonly #objects: ObjectStore | undefined;

  constructor(items: PayloadItems, objects?: ObjectStore) {
    this.#items = items;
    this.#objects = objects;
  }

  get hasObjects(): boolean {
    return this.#objects !== undefined;
  }

  async put(key: RunKey, name: string, text: string, expiresAt: EpochMs): Promise<void> {
    const object = parseObjectName(name);
    if (!object) return await this.#items.put(key, name, text, expiresAt);
    await this.#bucketFor(key).put(objectKey(key, object), Buffer.from(text), object.digest);
  }

  async get(key: RunKey, name: string): Promise<string> {
    const object = parseObjectName(name);
    if (!object) return await this.#items.get(key, name);
    const body = await this.#bucketFor(key).get(objectKey(key, object), objectBytesMax);
    if (!body) throw notThere(key, object);
    if (digestOf(body) === object.digest) return Buffer.from(body).toString();
    throw new HoldfastError('PayloadDamaged', `${nameIn(key, object)} is not what was written`);
  }

  async copy(from: StoredName, to: StoredName, expiresAt: EpochMs): Promise<void> {
    const [source, target] = [parseObjectName(from.name), parseObjectName(to.name)];
    if (!source || !target)
      return await this.put(to.key, to.name, await this.get(from.key, from.name), expiresAt);
    const bucket = this.#bucketFor(from.key);
    if (!(await bucket.copy(objectKey(from.key, source), objectKey(to.key, target))))
      throw notThere(from.key, source);
  }

  #bucketFor({ run }: RunKey): ObjectStore {
    if (this.#objects) return this.#objects;
    const what = `A value of run ${run} lies in S3, and HOLDFAST_PAYLOAD_BUCKET is not set here`;
    throw new HoldfastError('MissingSetting', what, { field: 'HOLDFAST_PAYLOAD_BUCKET' });
  }
}

const nameIn = (key: RunKey, object: ObjectName): string =>
  `The object ${objectKey(key, object)} of run ${key.run}`;

const notThere = (key: RunKey, object: ObjectName): HoldfastError =>
  new HoldfastError('PayloadMissing', `${nameIn(key, object)} is not in the bucket`);
