import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digestOf } from '../../lib/payload/object-name.ts';
import { expiryRules, isPublic, lookIntoBucket } from '../../lib/s3/inspect-bucket.ts';
import { s3Endpoints } from '../support/endpoints.ts';
import { bucketAt, openBucket, type TestBucket } from '../support/test-bucket.ts';

const bytesMax = 10_000_000;

describe.each(s3Endpoints())('ObjectStore: $name', (endpoint) => {
  let bucket: TestBucket;
  let keys = 0;
  const nextKey = () => `keep-35-days/-/r-${++keys}/${'0'.repeat(64)}`;
  const put = async (key: string, text: string) => {
    const body = Buffer.from(text);
    await bucket.objects.put(key, body, digestOf(body));
  };
  const get = async (key: string) => (await bucket.objects.get(key, bytesMax))?.toString();

  beforeAll(async () => {
    bucket = await openBucket(endpoint);
  });
  afterAll(() => bucket.close());

  test.each([
    ['one character', 'x'],
    ['wide characters and what JSON escapes', '👩‍🚀ä\u0000\n"\\'],
    ['100 KB', 'x'.repeat(100_000)],
    ['the most that is allowed', 'é'.repeat(bytesMax / 2)],
  ])('%s comes back as it is', async (_, text) => {
    const key = nextKey();
    await put(key, text);
    expect((await get(key)) === text).toBe(true);
  });

  test('the longest tenant and id of a run, with all that these may have', async () => {
    const key = `keep-8000-days/${'T~._-'.padEnd(128, 't')}/${'0~._-'.padEnd(128, 'r')}/${'f'.repeat(64)}`;
    await put(key, 'x');
    expect(await get(key)).toBe('x');
  });

  test('the same again does no harm', async () => {
    const key = nextKey();
    await put(key, 'same');
    await put(key, 'same');
    expect(await get(key)).toBe('same');
  });

  test('what is not there is undefined, and is not copied', async () => {
    expect(await get(nextKey())).toBeUndefined();
    expect(await bucket.objects.copy(nextKey(), nextKey())).toBe(false);
  });

  test('a copy stays when what was copied is written again', async () => {
    const [from, to] = [nextKey(), nextKey()];
    await put(from, 'x');
    expect(await bucket.objects.copy(from, to)).toBe(true);
    await put(from, 'y');
    expect(await get(to)).toBe('x');
  });

  test('a bucket that is not there is BucketNotFound', async () => {
    const missing = bucketAt(endpoint, 'holdfast-no-such-bucket');
    const found = { code: 'BucketNotFound' };
    await expect(missing.objects.get('a', bytesMax)).rejects.toMatchObject(found);
    await expect(missing.objects.put('a', Buffer.from('x'), digestOf('x'))).rejects.toMatchObject(found);
    missing.close();
  });

  test('what nobody has set up about it is not there', async () => {
    await lookIntoBucket(bucket.requests);
    expect(await isPublic(bucket.requests)).not.toBe(true);
    expect(await expiryRules(bucket.requests)).toEqual([]);
  });
});
