import { Unavailable } from '../figure.ts';
import { installRivals } from '../rivals/install.ts';
import type { Question, RivalSetup } from '../rivals/rival.ts';
import { startPostgres } from '../servers/postgres.ts';
import { startRedis } from '../servers/redis.ts';
import type { Server } from '../servers/server.ts';
import { type Child, startChild } from '../stack/child.ts';
import type { Stack } from '../stack/stack.ts';
import { inFlight } from './shared.ts';

/** Who they are: the module that plays each, how many of its tasks make a sample, and what server it needs. */
export const rivals = [
  { name: 'Powertools idempotency + batch, by hand', module: 'powertools', latency: 'tasks', server: 'none' },
  { name: 'AWS durable execution SDK, local runner', module: 'durable-sdk', latency: 'slow', server: 'none' },
  { name: 'BullMQ', module: 'bullmq', latency: 'tasks', server: 'redis' },
  { name: 'DBOS', module: 'dbos', latency: 'tasks', server: 'postgres' },
  { name: 'graphile-worker', module: 'graphile', latency: 'tasks', server: 'postgres' },
] as const;

type RivalInfo = (typeof rivals)[number];

const host = new URL('../rivals/host.ts', import.meta.url);

/** The processes of the rivals and their servers, started with the first question. */
export class RivalProcesses {
  readonly #stack: () => Promise<Stack>;
  readonly #opened = new AsyncDisposableStack();
  readonly #processes = new Map<string, Promise<Child>>();
  #postgres: Promise<Server> | undefined;
  #redis: Promise<Server> | undefined;

  constructor(stack: () => Promise<Stack>) {
    this.#stack = stack;
  }

  /** @throws Unavailable where what it needs is not on this machine, or it fails */
  async start(rival: RivalInfo): Promise<(question: Question) => Promise<number>> {
    const started = this.#processes.get(rival.name) ?? this.#start(rival);
    this.#processes.set(rival.name, started);
    const child = await started;
    return async (question) => {
      child.process.send(question);
      return Number(await orUnavailable(child.next()));
    };
  }

  close(): Promise<void> {
    return this.#opened.disposeAsync();
  }

  async #start({ module, server }: RivalInfo): Promise<Child> {
    const url = await this.#server(server);
    await installRivals();
    const { env, otherQueueUrl, otherTable } = await this.#stack();
    const setup: RivalSetup = { inFlight, server: url, queueUrl: otherQueueUrl, table: otherTable };
    const child = startChild(host, [`./${module}.ts`, JSON.stringify(setup)], { ...process.env, ...env });
    this.#opened.use(child);
    await orUnavailable(child.next());
    return child;
  }

  async #server(which: RivalInfo['server']): Promise<string> {
    switch (which) {
      case 'none':
        return '';
      case 'redis':
        this.#redis ??= startRedis().then((server) => this.#opened.use(server));
        return (await this.#redis).url;
      case 'postgres':
        this.#postgres ??= startPostgres(['dbos', 'graphile']).then((server) => this.#opened.use(server));
        return (await this.#postgres).url;
    }
  }
}

/** A rival that fails takes only its own figures along. */
async function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new Unavailable(error instanceof Error ? error.message : String(error));
  }
}
