/** `.ts` when running from a checkout, `.js` when built. */
export const sourceExtension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

/** What node needs to resolve this package's own names to the same files as here. */
export const nodeConditions = sourceExtension === '.ts' ? ['--conditions=holdfast-source'] : [];

/** The files in functions/, unchanged: what Lambda runs, the embedded runtime runs. */
export const functionUrl = (name: 'execute' | 'discover' | 'dead-letter'): URL =>
  new URL(`../../functions/${name}${sourceExtension}`, import.meta.url);

export const functionsDirectory = new URL('../../functions/', import.meta.url).href;

/** The tasks served when none are given. */
export const exampleTasks = new URL(`../../examples/tasks${sourceExtension}`, import.meta.url);
