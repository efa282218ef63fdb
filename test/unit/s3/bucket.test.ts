import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { bucketUrl } from '../../../lib/s3/endpoint.ts';
import { expiryRules, lookIntoBucket } from '../../../lib/s3/inspect-bucket.ts';
import { type CannedAnswer, startCannedServer } from '../../support/canned-server.ts';
import { judgeSignature } from '../../support/signature.ts';
import { bucketAt, type TestBucket } from '../../support/test-bucket.ts';

const body = Buffer.from('a value');
const digest = hash('sha256', body);
const fine = { status: 200 };
const error = (status: number, code: string) => ({
  status,
  body: `<?xml version="1.0"?><Error><Code>${code}</Code><Message>as told</Message></Error>`,
});
const busy = error(503, 'SlowDown');

async function against<T>(
  answers: readonly CannedAnswer[],
  use: (objects: TestBucket['objects'], requests: TestBucket['requests']) => Promise<T>,
) {
  await using server = await startCannedServer(...answers);
  const counted: string[] = [];
  const bucket = bucketAt({ name: 'canned', url: server.url }, 'values', (name) => counted.push(name));
  try {
    const settled = await use(bucket.objects, bucket.requests).then(
      (value) => ({ value }),
      (thrown: unknown) => ({ thrown }),
    );
    return { ...settled, requests: server.requests, counted };
  } finally {
    bucket.close();
  }
}

describe('a put', () => {
  test('says by its signature what it holds', async () => {
    const { requests, ...settled } = await against([fine], (s3) => s3.put('a/b', body, digest));
    expect(settled).toEqual({ value: undefined, counted: ['PutObject'] });
    const [request] = requests;
    expect(request).toMatchObject({ method: 'PUT', url: '/values/a/b', body });
    expect(request?.headers).toMatchObject({
      'x-amz-content-sha256': digest,
      authorization: expect.stringMatching(/\/us-east-1\/s3\/aws4_request.*x-amz-content-sha256/),
    });
  });

  test('whose answer is lost is made again, and is the same', async () => {
    const { requests, ...settled } = await against(['lost', fine], (s3) => s3.put('a/b', body, digest));
    expect(settled).toEqual({ value: undefined, counted: ['PutObject', 'PutObject'] });
    expect(requests.map((request) => request.body)).toEqual([body, body]);
  });

  test.each([
    ['is too busy', busy],
    ['has a fault', error(500, 'InternalError')],
    ['was slow to get it', error(400, 'RequestTimeout')],
  ])('is made again where S3 %s', async (_, answer) => {
    const settled = await against([answer, answer, fine], (s3) => s3.put('a/b', body, digest));
    expect(settled).toMatchObject({ value: undefined, counted: ['PutObject', 'PutObject', 'PutObject'] });
  });

  test.each([
    ['nobody answers', 'lost' as const, 3],
    ['S3 stays busy', busy, 3],
    ['it is not allowed', error(403, 'AccessDenied'), 1],
    ['the bucket is in another region', error(301, 'PermanentRedirect'), 1],
    ['what answers is not S3', { status: 418, body: 'teapot' }, 1],
    ['an emulator has no such thing', error(501, 'InternalFailure'), 1],
  ])('fails as the table does where %s', async (_, answer, tries) => {
    const settled = await against([answer], (s3) => s3.put('a/b', body, digest));
    expect(settled).toMatchObject({ thrown: { code: 'StoreUnreachable', cause: expect.any(Error) } });
    expect(settled.counted).toHaveLength(tries);
  });

  test('says what to allow where it is not allowed', async () => {
    const settled = await against([error(403, 'AccessDenied')], (s3) => s3.put('a/b', body, digest));
    expect(settled).toMatchObject({ thrown: { hint: expect.stringContaining('s3:ListBucket') } });
  });

  test('says that the bucket is not there', async () => {
    const settled = await against([error(404, 'NoSuchBucket')], (s3) => s3.put('a/b', body, digest));
    expect(settled).toMatchObject({
      thrown: { code: 'BucketNotFound', message: 'There is no bucket values at this endpoint' },
    });
  });
});

describe('a get', () => {
  test('reads what is there', async () => {
    const settled = await against([{ status: 200, body: 'a value' }], (s3) => s3.get('a/b', 100));
    expect(settled).toMatchObject({ value: body, counted: ['GetObject'] });
  });

  test('of nothing is undefined', async () => {
    const settled = await against([error(404, 'NoSuchKey')], (s3) => s3.get('a/b', 100));
    expect(settled).toMatchObject({ value: undefined, counted: ['GetObject'] });
  });

  test('reads nothing that is larger than any value', async () => {
    const long = { status: 200, body: 'x'.repeat(101) };
    const settled = await against([long], (s3) => s3.get('a/b', 100));
    expect(settled).toMatchObject({ thrown: { code: 'PayloadDamaged' }, counted: ['GetObject'] });
  });

  test('whose answer breaks off is made again', async () => {
    const broken = { status: 200, body: 'a va', headers: { 'content-length': '7', connection: 'close' } };
    const settled = await against([broken, { status: 200, body: 'a value' }], (s3) => s3.get('a/b', 100));
    expect(settled).toMatchObject({ value: body, counted: ['GetObject', 'GetObject'] });
  });
});

describe('a copy', () => {
  const copied = { status: 200, body: '<CopyObjectResult></CopyObjectResult>' };

  test('names its source within the bucket', async () => {
    const { requests, ...settled } = await against([copied], (s3) => s3.copy('a/b', 'c/d'));
    expect(settled).toEqual({ value: true, counted: ['CopyObject'] });
    expect(requests[0]?.headers['x-amz-copy-source']).toBe('/values/a/b');
    expect(requests[0]?.url).toBe('/values/c/d');
  });

  test('that fails after it was answered is made again', async () => {
    const settled = await against([{ ...error(200, 'InternalError') }, copied], (s3) =>
      s3.copy('a/b', 'c/d'),
    );
    expect(settled).toMatchObject({ value: true, counted: ['CopyObject', 'CopyObject'] });
  });

  test('of nothing is false', async () => {
    const settled = await against([error(404, 'NoSuchKey')], (s3) => s3.copy('a/b', 'c/d'));
    expect(settled).toMatchObject({ value: false });
  });
});

test('every request is signed as S3 checks it', async () => {
  const run = 'keep-35-days/T~._-/r-1.~_/0123';
  const { requests } = await against([fine], async (s3, bucket) => {
    await s3.put(run, body, digest);
    await s3.get(run, 100);
    await s3.copy(run, `${run}4`);
    await lookIntoBucket(bucket);
    await expiryRules(bucket);
  });
  expect(requests).toHaveLength(5);
  for (const request of requests) {
    const verdict = judgeSignature(request, request.body, { id: 'test', secret: 'test' });
    expect(verdict).toMatchObject({
      isGenuine: true,
      scope: expect.stringMatching(/^\d{8}\/us-east-1\/s3\/aws4_request$/),
      signed: expect.arrayContaining(['host', 'x-amz-content-sha256', 'x-amz-date']),
    });
  }
});

describe('a bucket is reached', () => {
  test.each([
    ['plain', 'eu-west-1', undefined, 'https://plain.s3.eu-west-1.amazonaws.com'],
    ['plain', 'cn-north-1', undefined, 'https://plain.s3.cn-north-1.amazonaws.com.cn'],
    ['with.dots', 'eu-west-1', undefined, 'https://s3.eu-west-1.amazonaws.com/with.dots'],
    ['plain', 'eu-west-1', 'http://127.0.0.1:4566', 'http://127.0.0.1:4566/plain'],
    ['plain', 'eu-west-1', 'http://127.0.0.1:4566/s3/', 'http://127.0.0.1:4566/s3/plain'],
  ])('%s in %s at %s: %s', (bucket, region, endpoint, expected) => {
    const { hostname, path, port, protocol } = bucketUrl(bucket, region, endpoint);
    expect(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`).toBe(expected);
  });
});
