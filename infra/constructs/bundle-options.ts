import type { BuildOptions } from 'esbuild';

/**
 * How a function is bundled: minified ESM for the runtime's node, in parts.
 *
 * @param entry absolute path of the module with the tasks
 * @param isSource whether the functions are the TypeScript of this package's repository, and not what was built of it
 */
export const bundleOptions = (entry: string, isSource: boolean) =>
  ({
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    // What is loaded only where it is needed is not parsed at each cold start: a quarter of the time of the import.
    splitting: true,
    chunkNames: 'part-[hash]',
    target: 'node24',
    minify: true,
    // Error types and task names of user code reach results and logs.
    keepNames: true,
    mainFields: ['module', 'main'],
    conditions: isSource ? ['holdfast-source', 'module'] : ['module'],
    alias: { '#tasks': entry },
    // CommonJS packages in an ESM bundle still call require for node's own modules.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
  }) satisfies BuildOptions;
