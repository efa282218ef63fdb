import { SignatureV4 } from '@smithy/signature-v4';
import { signingIdentity } from '../compose/aws-identity.ts';
import { type Env, envNames } from '../config/env.ts';
import { HoldfastError } from '../model/errors.ts';
import type { HttpOptions } from './http-transport.ts';

type Fetch = NonNullable<HttpOptions['fetch']>;

/**
 * `send` with AWS's signature version 4 on each request, streams included, for the service that function URLs belong to.
 * The region is that in the URL, or else the one that is configured. Such a request follows no redirect.
 *
 * @throws HoldfastError `MissingSetting` without credentials or a region; so does what is returned
 */
export async function signedFetch(env: Env, send: Fetch): Promise<Fetch> {
  const signer = await signerOf(env).catch(unsignable);
  return async (url, init) => {
    const { host, hostname, pathname, port, protocol, searchParams } = new URL(url);
    const [, signingRegion] = /\.lambda-url\.([a-z0-9-]+)\./i.exec(hostname) ?? [];
    const request = {
      method: init.method ?? 'GET',
      protocol,
      hostname,
      ...(port !== '' && { port: Number(port) }),
      path: pathname,
      query: Object.fromEntries(searchParams),
      headers: { ...Object.fromEntries(new Headers(init.headers)), host },
      body: init.body ?? '',
    };
    const inRegion = signingRegion === undefined ? {} : { signingRegion };
    // `fetch` says by itself whom it calls.
    const { host: _, ...headers } = (await signer.sign(request, inRegion).catch(unsignable)).headers;
    return await send(url, { ...init, headers, redirect: 'error' });
  };
}

async function signerOf(env: Env): Promise<SignatureV4> {
  const { credentials, region, sha256 } = await signingIdentity(env);
  return new SignatureV4({ service: 'lambda', region, credentials, sha256 });
}

function unsignable(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new HoldfastError('MissingSetting', `A request to the API cannot be signed: ${why}`, {
    hint: `Set AWS_PROFILE, or AWS_ACCESS_KEY_ID with its secret, and AWS_REGION; ${envNames.auth}=none signs nothing.`,
    cause,
  });
}
