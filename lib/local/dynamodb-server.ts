import { mkdir } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { ensureTable } from '../dynamodb/create-table.ts';
import { HoldfastError } from '../model/errors.ts';
import { localCredentials, localRegion } from './credentials.ts';
import { findDynoxide, startDynoxide } from './dynoxide.ts';
import type { GuardedProcess } from './guarded-process.ts';
import { foreignHeader } from './own-machine.ts';
import { listen, loopback } from './ports.ts';

/** `auto`: dynoxide where its binary is installed (it is much faster), else dynalite, which runs everywhere. */
export type DynamoDbEngine = 'auto' | 'dynoxide' | 'dynalite';
export const dynamoDbEngines: readonly DynamoDbEngine[] = ['auto', 'dynoxide', 'dynalite'];

export interface DynamoDbServerOptions {
  readonly engine?: DynamoDbEngine;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Keeps the data in this directory; each engine has files of its own. In memory without it. */
  readonly directory?: string;
  /** Created unless it is there. */
  readonly tableName?: string;
  /** Path of the dynoxide binary. Default: the installed optional package. */
  readonly binary?: string;
}

export interface DynamoDbServer {
  readonly engine: Exclude<DynamoDbEngine, 'auto'>;
  readonly url: string;
  /** The process of dynoxide; dynalite runs in this one. */
  readonly pid: number | undefined;
  /** Resolves, to its last words, when it ends though nobody closed it. */
  readonly died: Promise<string>;
  /** Calling it again waits for the same end. */
  close(): Promise<void>;
}

/**
 * Starts a DynamoDB on the loopback address, with its table. It ends with this process, however that ends.
 *
 * @throws HoldfastError `PortInUse`, `EmulatorMissing`
 */
export async function startDynamoDb(options: DynamoDbServerOptions = {}): Promise<DynamoDbServer> {
  if (options.directory !== undefined) await mkdir(options.directory, { recursive: true });
  const server = await startEngine(options);
  if (options.tableName === undefined) return server;
  const client = new DynamoDBClient({
    endpoint: server.url,
    region: localRegion,
    credentials: localCredentials,
  });
  try {
    await ensureTable(client, options.tableName);
  } catch (error) {
    await server.close();
    throw error;
  } finally {
    client.destroy();
  }
  return server;
}

async function startEngine(options: DynamoDbServerOptions): Promise<DynamoDbServer> {
  const { engine = 'auto', port = 0 } = options;
  if (engine === 'dynalite') return startDynalite(port, options.directory);
  const binary = options.binary ?? (await findDynoxide());
  if (binary === undefined) {
    if (engine === 'auto') return startDynalite(port, options.directory);
    throw new HoldfastError(
      'EmulatorMissing',
      `The dynoxide binary for ${process.platform}-${process.arch} is not installed`,
      { hint: 'Run `npm ci` without --omit=optional, or choose --dynamodb dynalite.' },
    );
  }
  const { process: child, url } = await startDynoxide(binary, port, options.directory);
  return {
    engine: 'dynoxide',
    url,
    pid: child.pid,
    ...untilStopped(child),
  };
}

function untilStopped(child: GuardedProcess): Pick<DynamoDbServer, 'died' | 'close'> {
  const { promise: died, resolve } = Promise.withResolvers<string>();
  let stopping = false;
  const onEnd = (words: string) => {
    if (!stopping) resolve(words);
  };
  child.ended.then(
    ({ output }) => onEnd(lastWords(output)),
    (error: Error) => onEnd(error.message),
  );
  return {
    died,
    close() {
      stopping = true;
      return child.stop();
    },
  };
}

/** What it said last, besides that it had started. */
function lastWords(output: string): string {
  const lines = output.split('\n').filter((line) => !line.includes('listening on'));
  return lines.at(-1)?.trim() ?? '';
}

/** It would let the pages of any site in. */
function refuseForeign(server: Server): void {
  const [serve] = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    if (foreignHeader(request.headers)) response.writeHead(403).end();
    else serve?.call(server, request, response);
  });
}

async function startDynalite(port: number, directory?: string): Promise<DynamoDbServer> {
  // Loaded only here: most starts do without it. It is CommonJS, so a plain require spares an interop layer.
  const dynalite: typeof import('dynalite').default = createRequire(import.meta.url)('dynalite');
  const server = dynalite({
    createTableMs: 0,
    ...(directory === undefined ? {} : { path: join(directory, 'dynalite') }),
  });
  refuseForeign(server);
  const chosen = await listen(server, port, 'DynamoDB');
  const close = () =>
    new Promise<void>((resolve, reject) => {
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeAllConnections();
    });
  let closing: Promise<void> | undefined;
  return {
    engine: 'dynalite',
    url: `http://${loopback}:${chosen}`,
    pid: undefined,
    died: new Promise(() => {}), // it ends with this process only
    close() {
      closing ??= close();
      return closing;
    },
  };
}
