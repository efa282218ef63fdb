import type { Hono } from 'hono';
import { createApp } from '../api/app.ts';
import { directClient } from '../client/direct-client.ts';
import { compose } from '../compose/compose.ts';
import { registryOf } from '../compose/registry.ts';
import { envNames } from '../config/env.ts';
import { HoldfastError } from '../model/errors.ts';
import { bufferedHandler, functionUrlHandler, type HttpHandler } from './function-url.ts';
import type { TaskFunctionOptions } from './options.ts';

/** An empty one must not count as none: requests could name any tenant. */
function claimName(name: string): string {
  if (name !== '') return name;
  const field = envNames.tenantClaim;
  throw new HoldfastError('InvalidSetting', `${field} is empty`, {
    field,
    hint: 'Name the claim of a verified token that names the tenant, or unset the variable.',
  });
}

/** The HTTP API: the app itself, and the same as the handler of a function URL and of an API Gateway's HTTP API. */
export function createApi({ tasks, env = process.env }: TaskFunctionOptions): {
  app: Hono;
  handler: HttpHandler;
  bufferedHandler: HttpHandler;
} {
  const composition = compose(env);
  const registry = registryOf(tasks, composition.settings);
  const { requestRate: perSecond } = composition.settings;
  const client = directClient({ ...composition, registry });
  const { [envNames.defaultTask]: defaultTask, [envNames.tenantClaim]: tenantClaim } = env;
  const app = createApp({
    client,
    tasks: registry,
    logger: composition.logger,
    ...(defaultTask ? { defaultTask } : {}),
    ...(tenantClaim !== undefined && { tenantClaim: claimName(tenantClaim) }),
    ...(perSecond > 0 && { requestRate: { perSecond, counter: composition.requests } }),
  });
  return { app, handler: functionUrlHandler(app), bufferedHandler: bufferedHandler(app) };
}
