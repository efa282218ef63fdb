import type { Client } from '../../lib/client/client.ts';
import { directClient } from '../../lib/client/direct-client.ts';
import { compose } from '../../lib/compose/compose.ts';
import { composeInbox } from '../../lib/compose/inbox.ts';
import { defaultPool } from '../../lib/config/pools.ts';
import { type Definition, Registry } from '../../lib/define/registry.ts';
import { HandingQueue } from '../../lib/worker/handing-queue.ts';
import { serve } from '../../lib/worker/serve.ts';
import { Endings } from './endings.ts';
import { farQueue, farStore } from './far.ts';

/** A client and a worker in this process, as `createClient` and `Worker` make them. */
export interface Holdfast extends AsyncDisposable {
  readonly client: Client;
  /** From the submission until the result is durable. */
  run(definition: Definition, input: unknown): Promise<void>;
  /** The same for runs that were submitted together. */
  ended(run: string): Promise<void>;
}

/**
 * @param inFlight how many tasks the worker has in hand at a time
 * @param distanceMs by which each answer of the table and the queue comes later
 */
export async function startHoldfast(
  env: Readonly<Record<string, string>>,
  tasks: Readonly<Record<string, unknown>>,
  inFlight: number,
  distanceMs = 0,
): Promise<Holdfast> {
  const composition = compose(env, { maxParallel: inFlight, batchSize: 10, handover: 'off' });
  const { handover } = composition;
  const settings = { ...composition.settings, handover: 'on' } as const;
  const endings = new Endings();
  const registry = Registry.fromModule(tasks);
  const ports = {
    ...composition,
    runs: endings.watch(farStore(composition.runs, distanceMs)),
    // What is handed over does not go anywhere.
    queue: new HandingQueue(farQueue(composition.queue, distanceMs), handover),
    settings,
    registry,
    workerId: 'bench',
  };
  const { close, inbox } = composeInbox(env, composition);
  const ready = Promise.withResolvers<void>();
  const stop = new AbortController();
  const told = { stop: stop.signal, abort: AbortSignal.abort(), onReady: ready.resolve };
  const options = { pool: defaultPool, endpoint: 'the table of the bench', onDuplicate: () => {} };
  const served = serve({ ...ports, inbox }, options, told);
  await Promise.race([ready.promise, served]);
  const client = directClient(ports);
  return {
    client,
    run: async (definition, input) =>
      endings.of((await client.submit(definition as never, input as never)).id),
    ended: (run) => endings.of(run),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await served;
      close();
    },
  };
}
