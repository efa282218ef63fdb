import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { markVariable, ownMark } from './mark.ts';
import type { ProcessTree } from './process-tree.ts';

/**
 * Hears of each program's group as it starts and ends. When its input ends, which it does however this process ends, it
 * kills the groups that are left and, on Linux, whoever has this process's mark.
 */
const script = `
groups=' '
while read -r what group; do
  case $what in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -KILL -- "-$group"; done
for environ in /proc/[0-9]*/environ; do
  grep -qF -e "$1" "$environ" || continue
  pid=\${environ#/proc/}
  kill -KILL "\${pid%/environ}"
done
`;

const living = new Set<ProcessTree>();
let guard: Writable | undefined;

/** @returns to be called when nothing of the group is left */
export function guardGroup(pid: number, tree: ProcessTree): () => void {
  guard ??= startGuard();
  guard.write(`+ ${pid}\n`);
  living.add(tree);
  return () => {
    guard?.write(`- ${pid}\n`);
    living.delete(tree);
  };
}

/** One for all programs of this process, in a group of its own: Ctrl-C must not end it before its time. */
function startGuard(): Writable {
  const shell = spawn('/bin/sh', ['-c', script, 'guard', `${markVariable}=${ownMark}`], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.unref();
  shell.on('error', () => {}); // no shell here: then programs end with this process where it ends in order
  shell.stdin.on('error', () => {});
  if ('unref' in shell.stdin && typeof shell.stdin.unref === 'function') shell.stdin.unref();
  process.on('exit', () => {
    for (const tree of living) tree.killGroup();
  });
  return shell.stdin;
}
