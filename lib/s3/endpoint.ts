/** Where a bucket is, without a slash at its end. */
export interface BucketUrl {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  /** Before the key: empty, or `/<bucket>`. */
  readonly path: string;
}

/**
 * By its own host name, over TLS; but behind another endpoint, or with dots, which no certificate fits, by path.
 *
 * @param endpoint instead of Amazon's own
 */
export function bucketUrl(bucket: string, region: string, endpoint?: string): BucketUrl {
  const { hostname, pathname, port, protocol } = new URL(endpoint ?? `https://${amazonHost(region)}`);
  if (endpoint === undefined && !bucket.includes('.'))
    return { protocol, hostname: `${bucket}.${hostname}`, path: '' };
  const path = `${pathname.replace(/\/$/, '')}/${bucket}`;
  return { protocol, hostname, ...(port !== '' && { port: Number(port) }), path };
}

const amazonHost = (region: string): string =>
  `s3.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
