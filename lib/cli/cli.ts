import type { HttpOptions } from '../client/http-transport.ts';
import type { Env } from '../config/env.ts';
import type { Clock } from '../ports/clock.ts';

/** All that the command line touches of the world around it. */
export interface Cli {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly env: Env;
  /** Whether people read `out`, and `err`, on a terminal that shows colours. */
  readonly color: { readonly out: boolean; readonly err: boolean };
  readonly clock: Clock;
  /** Default: of this process. */
  readonly nodeVersion?: string;
  readonly readStdin: () => Promise<string>;
  readonly readFile: (path: string) => Promise<string>;
  readonly fetch?: NonNullable<HttpOptions['fetch']>;
}

/** A verb's verdict: what the process ends with. */
export type SetExitCode = (code: number) => void;
