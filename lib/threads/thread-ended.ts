import { ThreadEnded } from './errors.ts';

/** What the pool says of a thread that is gone, in words of its own; anything else as it is. */
export function threadEnded(name: string, error: unknown): unknown {
  const message = error instanceof Error ? error.message : '';
  if (message.includes('memory limit')) return new ThreadEnded(name, 'its memory ran out', error);
  const code = /exitCode: `(-?\d+)`/.exec(message)?.[1];
  return code === undefined ? error : new ThreadEnded(name, `exit code ${code}`, error);
}
