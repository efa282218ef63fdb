import type { Shape } from '../model/definition.ts';
import type { DefinitionHash } from '../model/ids.ts';

/**
 * The shapes of workflows, each once under its hash, so that a run can be drawn where its code is not. Nothing is
 * executed from here, and nothing is deleted.
 */
export interface DefinitionStore {
  /** Writing the same shape again is harmless. */
  put(hash: DefinitionHash, shape: Shape): Promise<void>;
  get(hash: DefinitionHash): Promise<Shape | undefined>;
}
