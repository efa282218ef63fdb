import type { Registered } from '../define/registry.ts';
import type { DefinitionStore } from '../ports/definition-store.ts';

/** The hashes that this process has stored, by store. */
const kept = new WeakMap<object, Set<string>>();

/** Stores the shape of a workflow, once for each hash: a run can then be drawn where its code is not. */
export async function keepDefinition(
  definitions: Pick<DefinitionStore, 'put'>,
  { hash, shape }: Registered,
): Promise<void> {
  if (shape.kind !== 'workflow') return;
  const known = kept.get(definitions) ?? new Set();
  kept.set(definitions, known);
  if (known.has(hash)) return;
  await definitions.put(hash, shape);
  known.add(hash);
}
