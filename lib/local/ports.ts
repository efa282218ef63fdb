import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { HoldfastError } from '../model/errors.ts';

/** Everything the embedded runtime starts listens here only. */
export const loopback = '127.0.0.1';

/**
 * Listens on the loopback address; port 0 takes a free one. Resolves to the port.
 *
 * @throws HoldfastError `PortInUse`
 */
export async function listen(server: Server, port: number, what: string): Promise<number> {
  server.listen(port, loopback);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw isAddressInUse(error) ? portInUse(port, what, error) : error;
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

/** A port that was free a moment ago, or the given one if it is. @throws HoldfastError `PortInUse` */
export async function probePort(port: number, what: string): Promise<number> {
  const probe = createServer();
  const found = await listen(probe, port, what);
  await new Promise((resolve) => probe.close(resolve));
  return found;
}

export function portInUse(port: number, what: string, cause?: unknown): HoldfastError {
  return new HoldfastError('PortInUse', `Port ${port} for ${what} is in use by another program`, {
    field: 'port',
    cause,
  });
}

function isAddressInUse(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
}
