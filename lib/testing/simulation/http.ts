import { AsyncLocalStorage } from 'node:async_hooks';
import { createApp } from '../../api/app.ts';
import type { Client } from '../../client/client.ts';
import { directClient } from '../../client/direct-client.ts';
import { type Ports, registry, silent } from './cloud.ts';

/** Whose request it is: there is one application for all, because making one takes longer than most histories. */
const callers = new AsyncLocalStorage<Client>();
const caller = (): Client => {
  const client = callers.getStore();
  if (!client) throw new Error('there are no requests of nobody');
  return client;
};
const client = new Proxy({} as Client, {
  get: (_, method) => Reflect.get(caller(), method) as unknown,
});
const app = createApp({ client, tasks: registry, logger: silent });

/** A request to the API that a process serves. */
export function request(ports: Ports, path: string, init?: RequestInit): Promise<Response> {
  return callers.run(directClient(ports), async () => await app.request(path, init));
}

/**
 * Asks for something.
 *
 * @param broken gets what no client should be answered
 * @returns the answer, if it is one of success
 */
export async function post<Answer>(
  ports: Ports,
  path: string,
  body: object,
  broken: string[],
): Promise<Answer | undefined> {
  const headers = { 'content-type': 'application/json' };
  const answer = await request(ports, path, { method: 'POST', headers, body: JSON.stringify(body) });
  if (answer.status === 500) broken.push(`POST ${path} answers 500: ${await answer.text()}`);
  return answer.ok ? ((await answer.json()) as Answer) : undefined;
}
