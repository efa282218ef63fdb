import type { AnyWorkflow } from './workflow.ts';

/** The workflows and all whose runs theirs start, each once. */
export function withChildren(workflows: Iterable<AnyWorkflow>): ReadonlySet<AnyWorkflow> {
  const all = new Set(workflows);
  // A set that grows while it is gone through is gone through to its new end.
  for (const { nodes } of all) {
    for (const code of nodes.values()) if (code.kind === 'child') all.add(code.workflow);
  }
  return all;
}
