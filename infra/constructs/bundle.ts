import { cpSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AssetHashType, DockerImage } from 'aws-cdk-lib';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { webDirectory } from '../../lib/dashboard/web-directory.ts';
import { HoldfastError } from '../../lib/model/errors.ts';
import { refused } from '../refuse.ts';
import { bundleOptions } from './bundle-options.ts';

/** Files of functions/ that are functions. */
export type FunctionFile = 'api' | 'dashboard' | 'dead-letter' | 'discover' | 'execute' | 'jwt-api';

/** As it was built this file is dist/infra/constructs/bundle.js, and the functions are built beside it. */
const functions = fileURLToPath(new URL('../../functions/', import.meta.url));
const isSource = import.meta.url.endsWith('.ts');
const extension = isSource ? '.ts' : '.js';

/** Beside the executor: what threads execute, of tasks with `isolation: 'thread'` and of stored code. */
const besides: Partial<Record<FunctionFile, readonly string[]>> = { execute: ['thread', 'code-thread'] };

/**
 * The code of a function: minified ESM that needs nothing around it, its index and those of its threads, and the parts that
 * they share or load when they need them. The runtime's own SDK is larger, changes under us, and is missing on the emulators.
 *
 * @param entry absolute path of the module with the tasks
 */
export function bundle(file: FunctionFile, entry: string): Code {
  return Code.fromAsset(dirname(entry), {
    // Only what comes out decides whether there is something to deploy.
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never run: what cannot be bundled here is not bundled.
      image: DockerImage.fromRegistry('scratch'),
      // What is equal in all of this is bundled once.
      command: [file, entry],
      local: {
        tryBundle(directory: string) {
          build(file, entry, directory);
          if (file === 'dashboard') copyPage(join(directory, 'web'));
          return true;
        },
      },
    },
  });
}

/** @throws HoldfastError `EsbuildMissing`; what esbuild throws where it cannot bundle the tasks */
function build(file: FunctionFile, entry: string, directory: string): void {
  const names = [file, ...(besides[file] ?? [])];
  findEsbuild(entry).buildSync({
    entryPoints: names.map((name) => ({
      in: join(functions, `${name}${extension}`),
      out: name === file ? 'index' : name,
    })),
    outdir: directory,
    ...bundleOptions(entry, isSource),
    logLevel: 'warning',
  });
}

/** What the dashboard's function serves. @throws HoldfastError `InvalidProperty` in a checkout that was not built */
function copyPage(target: string): void {
  if (!existsSync(new URL('index.html', webDirectory)))
    throw refused('jwt.dashboard', 'asks for a page that was not built here', 'Run npm run build');
  cpSync(webDirectory, target, { recursive: true });
}

/** The esbuild of whoever deploys: that of the tasks, of the app, or of this package. */
function findEsbuild(entry: string): typeof import('esbuild') {
  for (const from of [entry, join(process.cwd(), 'package.json'), fileURLToPath(import.meta.url)]) {
    const require = createRequire(existsSync(from) ? from : `${from}/`);
    try {
      return require('esbuild');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  const what = `esbuild, which bundles ${entry}, was found neither there nor in ${process.cwd()}`;
  throw new HoldfastError('EsbuildMissing', `EsbuildMissing: ${what}: npm install --save-dev esbuild`);
}
