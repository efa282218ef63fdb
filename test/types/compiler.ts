import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('../../', import.meta.url));
const tsc = join(root, 'node_modules/.bin/tsc');
const run = promisify(execFile);

/**
 * Compiles a program in which `chain` begins a workflow of `{ n: number }`, `count` is a task that takes and gives one,
 * and `decide` one that decides a loop. Rejects when it has an error.
 */
export async function compile(body: string): Promise<{ instantiations: number; declarations: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-types-'));
  try {
    const head = `
      import type { Task } from '${root}lib/define/task.ts';
      import type { Decision } from '${root}lib/define/workflow/decision.ts';
      import type { WorkflowChain } from '${root}lib/define/workflow/chain.ts';
      declare const count: Task<{ n: number }, { n: number }, 'count'>;
      declare const decide: Task<{ n: number }, Decision<{ n: number }, string>, 'decide'>;
      declare const chain: WorkflowChain<{ n: number }, { n: number }>;`;
    await writeFile(join(directory, 'program.mts'), `${head}\n${body}`);
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        rewriteRelativeImportExtensions: false,
        allowImportingTsExtensions: true,
        typeRoots: [join(root, 'node_modules/@types')],
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: '/',
        outDir: 'out',
      },
      files: ['program.mts'],
      include: [],
    };
    await writeFile(join(directory, 'tsconfig.json'), JSON.stringify(config));
    const { stdout } = await run(tsc, ['-p', directory, '--extendedDiagnostics', '--singleThreaded']);
    return {
      instantiations: Number(/^Instantiations:\s+(\d+)$/m.exec(stdout)?.[1]),
      declarations: await readFile(join(directory, 'out', directory, 'program.d.mts'), 'utf8'),
    };
  } finally {
    await rm(directory, { recursive: true });
  }
}
