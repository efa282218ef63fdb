declare module 'dynalite' {
  import type { Server } from 'node:http';

  interface Options {
    /** Directory of the LevelDB store; in memory without it. */
    readonly path?: string;
    /** How long a table stays in the state CREATING, in milliseconds. */
    readonly createTableMs?: number;
  }
  export default function dynalite(options: Options): Server;
}
