import type { Resources } from '../model/attempt.ts';
import { HoldfastError } from '../model/errors.ts';
import type { Ms } from '../model/time.ts';
import { Capture, type Captured } from '../process/capture.ts';
import { type Exit, type StartedProgram, startProgram } from '../process/start-program.ts';
import { ProgramUsage } from '../process/usage.ts';
import { checkAllowed, commandNotFound, directoryOf, findProgram } from './allowed.ts';
import type { CommandOutput, ParsedInput } from './input.ts';
import type { CommandPolicy } from './policy.ts';

const messageTailMax = 600;

/**
 * Runs a command to its end, or until the signal fires, and ends every process that it leaves behind.
 *
 * @param onUsage is told what the program took, where the system shows it
 * @throws the signal's reason, or HoldfastError `CommandNotAllowed`, `CommandNotFound`, `CommandFailed`, `InvalidInput`
 */
export async function runParsed(
  policy: CommandPolicy,
  input: ParsedInput,
  signal: AbortSignal | undefined,
  onUsage?: (resources: Resources) => void,
): Promise<CommandOutput> {
  checkAllowed(policy, input);
  const file = await findProgram(input.program, process.env.PATH ?? '');
  const cwd = await directoryOf(policy, input);
  signal?.throwIfAborted();
  const started = performance.now();
  const program = await start(file, cwd, policy, input);
  const usage = new ProgramUsage(program.process.pid);
  const stdout = new Capture(program.process.stdout, policy.outputBytesMax);
  const stderr = new Capture(program.process.stderr, policy.outputBytesMax);
  program.process.stdin.end(input.stdin);
  const stop = () => void program.end(policy.killGraceMs);
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  const exit = await program.exited;
  const taken = usage.stop();
  if (taken) onUsage?.(taken);
  signal?.removeEventListener('abort', stop);
  const durationMs = Math.round(performance.now() - started);
  await program.end(policy.killGraceMs);
  await Promise.all([stdout.end(), stderr.end()]);
  signal?.throwIfAborted();
  checkExit(input.program, exit, policy.success, stderr.captured);
  return outputOf(exit, stdout.captured, stderr.captured, durationMs);
}

async function start(
  file: string,
  cwd: string,
  policy: CommandPolicy,
  { args, env, program }: ParsedInput,
): Promise<StartedProgram> {
  const inherited = ['PATH', ...policy.env].map((name) => [name, process.env[name]]);
  try {
    return await startProgram({ file, args, cwd, env: { ...Object.fromEntries(inherited), ...env } });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'ENOENT' || code === 'EACCES') throw commandNotFound(program, cause);
    // Too many arguments together, or no room for another process.
    throw new HoldfastError('CommandFailed', `${program} could not be started: ${code}`, { cause });
  }
}

function checkExit(
  program: string,
  { code, signal }: Exit,
  success: CommandPolicy['success'],
  { tail }: Captured,
): void {
  if (success === 'any' || (code !== null && success.has(code))) return;
  const how = code === null ? `was ended by ${signal}` : `ended with exit code ${code}`;
  const said = tail.trim().slice(-messageTailMax);
  throw new HoldfastError('CommandFailed', `${program} ${how}${said === '' ? '' : `: ${said}`}`);
}

function outputOf({ code, signal }: Exit, stdout: Captured, stderr: Captured, durationMs: Ms): CommandOutput {
  return {
    exitCode: code,
    ...(signal !== null && { signal }),
    stdout: stdout.text,
    stderr: stderr.text,
    stdoutTruncated: stdout.truncated,
    stderrTruncated: stderr.truncated,
    durationMs,
  };
}
