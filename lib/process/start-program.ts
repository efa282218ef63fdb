import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import type { Ms } from '../model/time.ts';
import { guardGroup } from './guard.ts';
import { markVariable, nextMark } from './mark.ts';
import { ProcessTree } from './process-tree.ts';

export interface Program {
  /** An absolute path, or a name that is looked up in PATH. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of its environment, but for the mark by which its descendants are found. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartedProgram {
  readonly process: ChildProcessByStdio<Writable, Readable, Readable>;
  /** The program itself has ended; its output may still hold something, and descendants may live. */
  readonly exited: Promise<Exit>;
  /**
   * Asks the program and all of its descendants to end, and kills those that are left after the grace period. To be
   * called for every program, also for one that has ended: it may have left others behind. Never rejects.
   */
  end(graceMs: Ms): Promise<void>;
}

/**
 * Starts a program without a shell, as the leader of a process group of its own. It ends with this process, however this
 * one ends.
 *
 * Rejects with what the system says: an error with the code ENOENT, EACCES, E2BIG or the like.
 */
export async function startProgram({ args, cwd, env, file }: Program): Promise<StartedProgram> {
  const mark = nextMark();
  const child = spawn(file, args, {
    cwd,
    env: { ...env, [markVariable]: mark },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // A program need not read its input: whether it did is told by what it makes of it.
  child.stdin.on('error', () => {});
  const exited = once(child, 'exit').then(([code, signal]): Exit => ({ code, signal }));
  await Promise.race([once(child, 'spawn'), exited]);
  const { pid } = child;
  if (pid === undefined) throw new Error(`${file} has no process id`);
  const tree = new ProcessTree(pid, mark);
  const release = guardGroup(pid, tree);
  let ended: Promise<void> | undefined;
  const end = (graceMs: Ms) => {
    ended ??= tree.end(graceMs).finally(release);
    return ended;
  };
  return { process: child, exited, end };
}
