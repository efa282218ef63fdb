/**
 * A bucket. A written object never changes: its key says what it holds. Writing one again makes it as young as a new
 * one, for the rules that delete objects by their age.
 */
export interface ObjectStore {
  /** @param digest SHA-256 of the body, in hexadecimal: the bucket refuses another body. @throws HoldfastError `StoreUnreachable`, `BucketNotFound` */
  put(key: string, body: Uint8Array, digest: string): Promise<void>;
  /** Undefined when there is none. @throws HoldfastError `StoreUnreachable`, `BucketNotFound`, `PayloadDamaged` where it is larger than `bytesMax` */
  get(key: string, bytesMax: number): Promise<Uint8Array | undefined>;
  /** False when there is nothing to copy. @throws HoldfastError `StoreUnreachable`, `BucketNotFound` */
  copy(from: string, to: string): Promise<boolean>;
}
