import { compose } from '../compose/compose.ts';
import { registryOf } from '../compose/registry.ts';
import type { Env } from '../config/env.ts';
import type { readSettings } from '../config/settings.ts';
import type { Client } from './client.ts';
import { directClient } from './direct-client.ts';

export interface ClientOptions {
  /** Default: the process's environment. */
  readonly env?: Env;
  readonly settings?: Parameters<typeof readSettings>[1];
  /** A tasks module, for `submitByName`. */
  readonly tasks?: Readonly<Record<string, unknown>>;
}

/**
 * A client that talks to the table and the queues itself, as HOLDFAST_TABLE and HOLDFAST_POOLS name them.
 *
 * @throws HoldfastError `MissingSetting`, `InvalidSetting`, `NoTasks`, `DuplicateName`
 */
export function createClient({ env = process.env, settings, tasks }: ClientOptions = {}): Client {
  const composition = compose(env, settings);
  return directClient({
    ...composition,
    ...(tasks && { registry: registryOf(tasks, composition.settings) }),
  });
}
