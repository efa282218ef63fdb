import type { ListedDefinition } from './run-view.ts';

/** What a Registry has. */
export interface Catalog {
  all(): readonly {
    readonly name: string;
    readonly hash: string;
    readonly definition: { readonly kind: 'task' } | { readonly kind: 'workflow'; readonly version: number };
  }[];
}

/** By name, of a workflow the highest version first. */
export function listDefinitions(catalog: Catalog): readonly ListedDefinition[] {
  const definitions = catalog.all().map(({ definition, hash, name }) => {
    const { kind } = definition;
    return { name, kind, hash, ...(kind === 'workflow' && { version: definition.version }) };
  });
  return definitions.toSorted(byNameAndVersion);
}

function byNameAndVersion(a: ListedDefinition, b: ListedDefinition): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return (b.version ?? 0) - (a.version ?? 0);
}
