import type { DefinitionHash, NodeId } from './ids.ts';
import type { Priority, RunKey } from './run.ts';
import type { Ms } from './time.ts';

/** What a queue carries: ids only. The claim brings everything else from the store. */
export interface DispatchMessage extends RunKey {
  readonly node: NodeId;
  /** The definition the run was submitted with, so that a worker lacking it leaves the run alone. */
  readonly hash: DefinitionHash;
  /** How many dispatches from executor to executor led here; discovery starts again at 0. */
  readonly hop: number;
}

/** A message to send, and where and when. */
export interface Dispatch {
  readonly message: DispatchMessage;
  readonly pool: string;
  readonly priority: Priority;
  /** Its node has waited so long that it goes before all others, where its pool has a lane for these. */
  readonly aged?: true;
  readonly delayMs: Ms;
}
