import { hash } from 'node:crypto';
import { Hono } from 'hono';
import { etag } from 'hono/etag';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { secureHeaders } from 'hono/secure-headers';
import { systemClock } from '../compose/system.ts';
import { HoldfastError } from '../model/errors.ts';
import { callersByToken } from './caller.ts';
import type { ApiOptions } from './options.ts';
import { answerError, answerProblem } from './problem.ts';
import { limitRequests, rateLimit } from './request-rate.ts';
import { addAboutRoutes } from './routes/about.ts';
import { addEventRoutes } from './routes/events.ts';
import { addExecutionRoutes } from './routes/executions.ts';
import { addManyRoutes } from './routes/many.ts';
import { addRequestRoutes } from './routes/requests.ts';
import { addRunRoutes } from './routes/runs.ts';
import { addTaskRoutes } from './routes/tasks.ts';

/**
 * The HTTP API over a client: it checks, calls, and maps errors to problem documents. It stores nothing itself and
 * knows nobody's identity: who may call it is decided in front of it, and who they are is at most what a token says.
 */
export function createApp(options: ApiOptions): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      xFrameOptions: 'DENY',
    }),
  );
  app.use(async (c, next) => {
    await next();
    c.header('cache-control', c.res.headers.has('etag') ? 'private, no-cache' : 'no-store');
  });
  // What is asked for again and again, and mostly has not changed.
  for (const path of ['/runs/:id', '/tasks/:id']) app.use(path, etag({ generateDigest: digest }));
  app.use(methodNotAllowed({ app, onMethodNotAllowed: (c, methods) => answerMethodNotAllowed(c, methods) }));
  // Hono hands on only errors; anything else that is thrown would escape as a rejection.
  app.use(async (c, next) => {
    try {
      await next();
    } catch (thrown) {
      c.res = answerError(c, thrown, options.logger);
    }
  });
  if (options.tenantClaim !== undefined) app.use(callersByToken(options.tenantClaim));
  const { clock = systemClock, requestRate } = options;
  const admit = requestRate && rateLimit(requestRate, clock);
  if (admit) app.use(limitRequests(admit));
  addTaskRoutes(app, options);
  addRunRoutes(app, options);
  addRequestRoutes(app, options);
  addEventRoutes(app, options);
  addExecutionRoutes(app, options, admit);
  addManyRoutes(app, options);
  addAboutRoutes(app, options);
  app.notFound((c) => {
    const what = `There is no ${c.req.method} ${c.req.path.slice(0, 200)}`;
    return answerProblem(c, new HoldfastError('UnknownRoute', what));
  });
  app.onError((error, c) => answerError(c, error, options.logger));
  return app;
}

/** At once: the digest of the Web takes a turn of the thread pool for each answer. */
const digest = (body: Uint8Array): ArrayBuffer => Uint8Array.from(hash('sha256', body, 'buffer')).buffer;

function answerMethodNotAllowed(
  c: Parameters<typeof answerProblem>[0],
  methods: readonly string[],
): Response {
  const allow = methods.join(', ');
  const error = new HoldfastError('MethodNotAllowed', `${c.req.method} is not possible here, only ${allow}`);
  const response = answerProblem(c, error);
  response.headers.set('allow', allow);
  return response;
}
