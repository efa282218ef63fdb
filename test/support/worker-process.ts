import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

const main = fileURLToPath(new URL('../../lib/cli/main.ts', import.meta.url));

/** The command that a program of its own runs a worker by. */
export const workerCommand = (tasks: string, ...options: string[]): string[] => [
  process.execPath,
  '--conditions=holdfast-source',
  main,
  'worker',
  '--tasks',
  tasks,
  ...options,
];

/** `holdfast worker` as a process of its own, killed with the test at the latest. */
export class WorkerProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<readonly [code: number | null, signal: string | null]>;
  output = '';
  errors = '';
  readonly #watchers = new Set<() => void>();

  constructor([program = '', ...args]: readonly string[], env: Readonly<Record<string, string>>) {
    const child = spawn(program, args, {
      // Nothing of the stack that the tests themselves might be given.
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.exited = once(child, 'exit') as Promise<[number | null, string | null]>;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.output += text;
      for (const watch of this.#watchers) watch();
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
      for (const watch of this.#watchers) watch();
    });
    onTestFinished(async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await this.exited;
    });
  }

  /** Resolves once it has written the text, to either output. */
  async says(text: string): Promise<void> {
    const said = new Promise<void>((resolve) => {
      const watch = () => {
        if (!`${this.output}\n${this.errors}`.includes(text)) return;
        this.#watchers.delete(watch);
        resolve();
      };
      this.#watchers.add(watch);
      watch();
    });
    const ended = this.exited.then(() => {
      throw new Error(`it ended without saying ${JSON.stringify(text)}: ${this.output}${this.errors}`);
    });
    await Promise.race([said, ended]);
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}
