import { type ApiAccess, apiAccess } from '../client/api-access.ts';
import { createTransport } from '../client/http-transport.ts';
import type { Registered } from '../define/registry.ts';
import { HoldfastError } from '../model/errors.ts';
import { version } from '../version.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/** Whether the API answers, is of this version, and knows the tasks that were given. */
export async function checkApi(options: ApiAccess, own: readonly Registered[] = []): Promise<Finding> {
  try {
    const get = createTransport(apiAccess(options));
    await get({ method: 'GET', path: '/health' });
    const { body: document } = await get({ method: 'GET', path: '/openapi.json' });
    const theirs = (document.info as { version?: unknown } | undefined)?.version;
    if (theirs !== version) {
      const what = `${options.url} is of version ${theirs}, this is ${version}`;
      return warn('api', what, 'Deploy it again, or use the CLI of its version.');
    }
    const { body } = await get({ method: 'GET', path: '/definitions' });
    const known = new Set((body.definitions as { hash: string }[]).map(({ hash }) => hash));
    const missing = own.filter(({ hash }) => !known.has(hash)).map(({ name }) => name);
    if (missing.length === 0) return ok('api', `${options.url} answers`);
    const what = `${options.url} has not the same ${missing.join(', ')} as the tasks file`;
    return warn('api', what, 'Deploy the tasks file, or start the API with it.');
  } catch (error) {
    if (!(error instanceof HoldfastError)) throw error;
    const finding = fail('api', error.message, error.hint);
    return error.code === 'ApiUnreachable' ? { ...finding, unreachable: true } : finding;
  }
}
