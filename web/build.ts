import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/*
 * The dashboard as static files: dist/web/index.html, and beside it in assets/ what it loads, by names that change with
 * what is in them.
 */

const here = new URL('.', import.meta.url);
const target = new URL('../dist/web/', here);

const bundled = async (entry: string): Promise<Uint8Array> => {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(entry, here))],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: ['chrome123', 'firefox121', 'safari17.5'],
    tsconfig: fileURLToPath(new URL('tsconfig.json', here)),
    conditions: ['holdfast-source'],
    legalComments: 'none',
    logLevel: 'warning',
  });
  const [file] = outputFiles;
  if (!file) throw new Error(`${entry} gives nothing`);
  return file.contents;
};

async function asset(entry: string, name: string, extension: string): Promise<string> {
  const contents = await bundled(entry);
  const hash = createHash('sha256').update(contents).digest('base64url').replaceAll(/[-_]/g, '').slice(0, 12);
  const path = `assets/${name}-${hash}.${extension}`;
  await writeFile(new URL(path, target), contents);
  return path;
}

await rm(target, { recursive: true, force: true });
await mkdir(new URL('assets/', target), { recursive: true });
const paths = {
  SCRIPT: await asset('app/main.tsx', 'app', 'js'),
  STYLE: await asset('styles/main.css', 'app', 'css'),
  LAYOUT: await asset('app/layout-worker.ts', 'layout', 'js'),
};
const template = await readFile(new URL('index.html', here), 'utf8');
const page = Object.entries(paths).reduce((text, [name, path]) => text.replace(`%${name}%`, path), template);
await writeFile(new URL('index.html', target), page.replaceAll(/\n\s*/g, '\n'));
