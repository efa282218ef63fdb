import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Hono } from 'hono';
import { createApp } from '../../lib/api/app.ts';
import type { LogFields, Logger } from '../../lib/ports/logger.ts';
import { FakeClient } from './fake-client.ts';

interface LogLine {
  readonly level: string;
  readonly message: string;
  readonly fields: LogFields;
}

/** The app over a fake client, and what both were told. */
export function startApp(options: { defaultTask?: string } = {}) {
  const client = new FakeClient();
  const log: LogLine[] = [];
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}) => {
      log.push({ level, message, fields });
    };
  const logger: Logger = {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: () => logger,
  };
  const tasks = {
    all: () => [
      { name: 'order', hash: 'o1', definition: { kind: 'workflow' as const, version: 1 } },
      { name: 'order', hash: 'o2', definition: { kind: 'workflow' as const, version: 2 } },
      { name: 'echo', hash: 'abc', definition: { kind: 'task' as const } },
    ],
  };
  return { app: createApp({ client, tasks, logger, ...options }), client, log };
}

export const post = (app: Hono, path: string, body: unknown, headers: Record<string, string> = {}) =>
  app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

/** A problem document, checked to be one. */
export async function problemOf(response: Response): Promise<Record<string, unknown>> {
  if (response.headers.get('content-type') !== 'application/problem+json') {
    throw new Error(`status ${response.status} without a problem document: ${await response.text()}`);
  }
  const problem = (await response.json()) as Record<string, unknown>;
  if (problem.status !== response.status) throw new Error('the document names another status');
  return problem;
}

/** Where nobody listens: a port that was free a moment ago. */
export async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
