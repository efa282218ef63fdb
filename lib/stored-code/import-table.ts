import { posix } from 'node:path';

/** Where the modules of an execution lie: a place that no file and no server can have. */
const origin = 'stored-code:///';

export const moduleUrl = (path: string): string => `${origin}${path}`;

/** How a hook of Node's says where a module is. */
export interface Resolution {
  readonly url: string;
  readonly format: 'module' | 'json' | 'builtin' | undefined;
  readonly shortCircuit: true;
}

/** What stands for each specifier that a module may import, by the importing module's URL. */
export type ImportTable = Readonly<Record<string, Readonly<Record<string, Resolution>>>>;

/**
 * All that the modules of an execution may import, known before any of them runs: each other by relative paths in their
 * shortest form, and what is allowed by its name. A look into objects without a prototype is all it takes to decide: the
 * code that is decided about can change every method there is, but not that.
 *
 * @param allowed names, and the URLs of what they stand for
 */
export function importTable(paths: readonly string[], allowed: ReadonlyMap<string, string>): ImportTable {
  const named = [...allowed].map(([name, url]) => {
    const format = url.startsWith('node:') ? 'builtin' : undefined;
    return [name, bare({ url, format, shortCircuit: true } as const)] as const;
  });
  const own = new Map(paths.map((path) => [path, resolutionOf(path)]));
  const tables = paths.map((importer) => {
    const beside = [...own].map(([path, found]) => [specifierOf(importer, path), found] as const);
    return [moduleUrl(importer), bare(Object.fromEntries([...named, ...beside]))] as const;
  });
  return bare(Object.fromEntries(tables));
}

export const resolutionOf = (path: string): Resolution =>
  bare({ url: moduleUrl(path), format: formatOf(path), shortCircuit: true } as const);

export const formatOf = (path: string): 'module' | 'json' => (path.endsWith('.json') ? 'json' : 'module');

function specifierOf(importer: string, path: string): string {
  const relative = posix.relative(posix.dirname(importer), path);
  return relative.startsWith('../') ? relative : `./${relative}`;
}

/** An object that has these properties and nothing else, for ever. */
export const bare = <T extends object>(properties: T): Readonly<T> =>
  Object.freeze(Object.assign(Object.create(null), properties));
