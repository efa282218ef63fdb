import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { Variables } from '../attempts/variables.ts';
import { HoldfastError } from '../model/errors.ts';
import { payloadBytesMax } from '../model/payload.ts';
import { serialize } from '../model/serialize.ts';
import { sendThrown, textOf } from '../threads/wire.ts';
import { consoleInto, LimitedLog } from './console.ts';
import { lockGlobals, plainCrypto, plainProcess } from './globals.ts';
import {
  bare,
  formatOf,
  type ImportTable,
  importTable,
  moduleUrl,
  type Resolution,
  resolutionOf,
} from './import-table.ts';
import type { About, FromStoredCode, ThreadTask } from './wire.ts';

/**
 * The thread of one execution of stored code: imports its modules as if they were files, calls the function, tells what
 * came of it. Before any of that code runs, all is decided: what it may import, and what of its surroundings it sees.
 * From then on nothing here calls a method that the code could have changed, where it matters.
 */
export async function serveStoredCode(): Promise<void> {
  if (!parentPort) throw new Error('stored code runs on a thread of its own');
  const task = workerData as ThreadTask;
  const post = parentPort.postMessage.bind(parentPort) as (message: FromStoredCode) => void;
  const log = new LimitedLog((level, message, isConsole) => post({ type: 'log', level, message, isConsole }));
  const end = (message: FromStoredCode) => {
    log.end();
    post(message);
  };
  const fail = (thrown: unknown) => {
    const sent = sendThrown(thrown, false);
    if ('error' in sent) end({ type: 'error', error: sent.error });
    else end({ type: 'thrown', text: textOf(thrown) });
  };
  // What the code leaves to nobody; the thread is ended with the first answer.
  process.on('unhandledRejection', fail);
  process.on('uncaughtException', fail);
  try {
    const entry = resolutionOf(task.filePath);
    const modules = new Modules(sourcesOf(task), entry);
    const allowed = await modules.load(task);
    modules.lock(importTable(Object.keys(task.code), allowed));
    const context = contextOf(task.about, log, post);
    lockGlobals({ console: consoleInto(log), crypto: plainCrypto(), process: plainProcess() });
    const value = await call(await import(entry.url), task, context);
    end({ type: 'result', text: resultText(value) });
  } catch (thrown) {
    fail(thrown);
  }
}

/** How a hook of Node's gives a module's source. */
interface Source {
  readonly format: 'module' | 'json';
  readonly source: string;
  readonly shortCircuit: true;
}
type Sources = Readonly<Record<string, Source>>;

function sourcesOf({ code }: ThreadTask): Sources {
  const sources = Object.entries(code).map(([path, text]) => {
    const source = /\.m?ts$/.test(path) ? stripTypeScriptTypes(text) : text;
    return [moduleUrl(path), bare({ format: formatOf(path), source, shortCircuit: true } as const)];
  });
  return bare(Object.fromEntries(sources));
}

/**
 * What can be imported on this thread. Once it is locked, only the modules of the execution can be, and what they are
 * allowed to. They could change what strings, maps and sets do: so it is decided by looking into tables, and by nothing
 * else.
 */
class Modules {
  readonly #sources: Sources;
  readonly #entry: Resolution;
  readonly #here = import.meta.url;
  #table: ImportTable | undefined;
  #packagesFrom: string | undefined;

  constructor(sources: Sources, entry: Resolution) {
    this.#sources = sources;
    this.#entry = entry;
    registerHooks({
      resolve: (specifier, context, next) => {
        const { parentURL } = context;
        if (this.#table) return { __proto__: null, ...this.#resolve(specifier, parentURL) } as never;
        const from = parentURL === this.#here ? this.#packagesFrom : undefined;
        return next(specifier, from === undefined ? context : { ...context, parentURL: from });
      },
      load: (url, context, next) => {
        const own = this.#sources[url];
        // Node writes to what it is given.
        return own ? ({ __proto__: null, ...own } as never) : next(url, context);
      },
    });
  }

  /** Loads the allowed packages now: later nothing of them could be found. Resolves to the URLs of all that is allowed. */
  async load({ imports, importsFrom }: ThreadTask): Promise<ReadonlyMap<string, string>> {
    const allowed = new Map<string, string>();
    this.#packagesFrom = importsFrom;
    for (const name of imports) {
      if (name.startsWith('node:')) {
        allowed.set(name, name);
        allowed.set(name.slice('node:'.length), name);
        continue;
      }
      allowed.set(name, import.meta.resolve(name));
      await import(name);
    }
    return allowed;
  }

  lock(table: ImportTable): void {
    this.#table = table;
  }

  #resolve(specifier: string, parent: string | undefined): Resolution {
    if (parent === this.#here && specifier === this.#entry.url) return this.#entry;
    const found = parent === undefined ? undefined : this.#table?.[parent]?.[specifier];
    if (found) return found;
    throw new HoldfastError('ImportNotAllowed', `The import of ${specifier} is not allowed`);
  }
}

async function call(
  module: Readonly<Record<string, unknown>>,
  { filePath, functionName, parameters }: ThreadTask,
  context: object,
): Promise<unknown> {
  const found = module[functionName];
  if (typeof found === 'function') return await found(parameters, context);
  throw new HoldfastError('FunctionNotFound', `${filePath} exports no function named ${functionName}`);
}

/** What the function gets beside its parameters. */
function contextOf(about: About, log: LimitedLog, post: (message: FromStoredCode) => void): object {
  const variables = new Variables();
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (message: unknown) =>
    log.line(level, String(message), false);
  return Object.freeze({
    ...about,
    logger: Object.freeze({ debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }),
    setVariable: (name: string, value: unknown) => {
      variables.set(name, value);
      post({ type: 'variable', name, value });
    },
  });
}

/** As JSON has it: what JSON would change is refused, as of any task. */
function resultText(value: unknown): string | undefined {
  serialize(value, 'output');
  const text = JSON.stringify(value);
  if (text === undefined || text.length <= payloadBytesMax) return text;
  throw new HoldfastError('OutputTooLarge', `output has more than ${payloadBytesMax} bytes as JSON`);
}
