import { createApp } from '../../lib/api/app.ts';
import { VirtualSystem } from '../support/virtual-system.ts';

/** The app over the client beside the table, on in-memory adapters and under a clock that the test advances. */
export function startSystem(tasks: Record<string, unknown>) {
  const system = new VirtualSystem(tasks);
  const { client, registry } = system;
  const { logger } = system.ports();
  return { system, app: createApp({ client, tasks: registry, logger }) };
}
