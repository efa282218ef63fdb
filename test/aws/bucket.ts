import { signedRequest } from './signed-request.ts';

export async function buckets(): Promise<string[]> {
  const { status, text } = await signedRequest({ service: 's3', path: '/' });
  if (status !== 200) throw new Error(`buckets not listed: ${status} ${text.slice(0, 300)}`);
  return [...text.matchAll(/<Name>([^<]+)<\/Name>/g)].map(([, name = '']) => name);
}

/** The keys of what lies in a bucket. */
export async function objectsOf(bucket: string): Promise<string[]> {
  const { status, text } = await signedRequest({ service: 's3', path: `/${bucket}?list-type=2` });
  if (status !== 200) throw new Error(`${bucket} not listed: ${status} ${text.slice(0, 300)}`);
  return [...text.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key);
}

/** A bucket that holds something cannot be deleted. */
export async function empty(bucket: string): Promise<void> {
  for (const key of await objectsOf(bucket))
    await signedRequest({ service: 's3', method: 'DELETE', path: `/${bucket}/${key}` });
}
