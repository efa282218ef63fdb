import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/**
 * Runs the program given as arguments. When standard input ends, which it does however the parent ends, the program is
 * ended too: asked first, killed a moment later. The shell itself ends with the program and passes its exit code on.
 */
const guard = `
exec 3<&0 4>&1
"$@" </dev/null >&2 3<&- 4>&- &
child=$!
echo "$child" >&4
exec 4>&- 1>&2
{
  exec 2>/dev/null
  cat <&3 >/dev/null
  kill -TERM "$child" || exit 0
  for pause in 0.01 0.02 0.05 0.1 0.2 0.4 0.8; do
    sleep "$pause"
    kill -0 "$child" || exit 0
  done
  kill -KILL "$child"
} &
exec 3<&-
wait "$child"
`;

/** A program that never outlives this process, even when this process is killed outright. */
export interface GuardedProcess {
  /** The program's own process id, not that of its guard. */
  readonly pid: number;
  /** Resolves when the program has ended: its exit code and what it wrote. */
  readonly ended: Promise<{ readonly code: number | null; readonly output: string }>;
  /** Ends the program and resolves when it has ended. */
  stop(): Promise<void>;
}

/** @throws Error when the shell cannot be started. */
export async function spawnGuarded(program: string, args: readonly string[]): Promise<GuardedProcess> {
  // A session of its own: Ctrl-C in the terminal reaches us only, and we decide what ends when.
  const shell = spawn('/bin/sh', ['-c', guard, 'guard', program, ...args], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const ended = whenEnded(shell);
  ended.catch(() => {}); // awaited below and by the caller
  const pid = Number(await Promise.race([text(shell.stdout), ended.then(() => '')]));
  return {
    pid,
    ended,
    async stop() {
      shell.stdin.destroy();
      await ended;
    },
  };
}

async function whenEnded(shell: ChildProcess): Promise<{ code: number | null; output: string }> {
  const output: string[] = [];
  shell.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    output.push(chunk);
    if (output.length > 50) output.shift();
  });
  shell.stdin?.on('error', () => {}); // the guard may be gone before we close its input
  const closed = once(shell, 'close');
  const [code] = await once(shell, 'exit');
  // The guard's watcher waits for the end of our pipe: let it go.
  shell.stdin?.destroy();
  await closed;
  return { code, output: output.join('').trim() };
}
