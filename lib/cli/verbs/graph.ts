import { type Command, Option } from 'commander';
import type { HttpClient } from '../../client/http-client.ts';
import { type Graph, graphOf } from '../../define/graph/graph.ts';
import { Registry } from '../../define/registry.ts';
import type { Shape } from '../../model/definition.ts';
import { HoldfastError } from '../../model/errors.ts';
import type { Cli } from '../cli.ts';
import { openSession } from '../options.ts';

const formats = ['mermaid', 'svg', 'json'] as const;

interface Given {
  readonly format: (typeof formats)[number];
  readonly tasks?: string;
}

export function addGraph(program: Command, cli: Cli): void {
  program
    .command('graph')
    .argument('<definition|run>', 'a name or hash of a definition, or the id of a run')
    .summary('draw a workflow')
    .description(
      'Draws a definition, or a run with the status of its nodes: as Mermaid, as SVG, or as nodes and edges.',
    )
    .addOption(new Option('--format <format>', 'what to draw it as').choices(formats).default('mermaid'))
    .option('--tasks <file>', 'take the definition from this tasks module, without the API')
    .action(async (what: string, { format, tasks }: Given, command: Command) => {
      const { client, inTenant, print } = openSession(command, cli);
      const graph =
        tasks === undefined
          ? await graphFromApi(client, what, inTenant)
          : graphOf(await shapeFromModule(tasks, what));
      const text = await drawn(graph, format);
      print(graph, () => text);
    });
}

/** Drawing takes a library that only this verb needs. */
async function drawn(graph: Graph, format: Given['format']): Promise<string> {
  switch (format) {
    case 'json':
      return `${JSON.stringify(graph)}\n`;
    case 'mermaid':
      return (await import('../../define/graph/mermaid.ts')).toMermaid(graph);
    case 'svg':
      return (await import('../../define/graph/svg.ts')).toSvg(graph);
  }
}

async function graphFromApi(
  client: HttpClient,
  what: string,
  inTenant: { readonly tenant?: string },
): Promise<Graph> {
  const definition = await unlessMissing(client.definition(what));
  if (definition) return graphOf(definition.shape);
  const run = await unlessMissing(client.get(what, inTenant));
  if (!run) {
    throw new HoldfastError('NotFound', `There is no definition and no run ${what}`, {
      hint: 'Give the name or the hash of a definition that GET /definitions lists, or the id of a run.',
    });
  }
  const { shape } = await client.definition(run.hash);
  // A single task's run has one node, which stands for it.
  const nodes = run.nodes ?? shape.body.map(({ id }) => ({ id, status: run.status }));
  return graphOf(shape, new Map(nodes.map(({ id, status }) => [id, status])));
}

async function unlessMissing<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof HoldfastError && error.code === 'NotFound') return undefined;
    throw error;
  }
}

async function shapeFromModule(file: string, name: string): Promise<Shape> {
  const { loadTaskModule, taskModuleUrl } = await import('../../local/task-module.ts');
  const registry = Registry.fromModule(await loadTaskModule(taskModuleUrl(file)));
  const found = registry.byName(name) ?? registry.all().find(({ hash }) => hash === name);
  if (found) return found.shape;
  throw new HoldfastError('NotFound', `There is no definition ${name} in ${file}`, {
    hint: `It has: ${registry.names().join(', ')}.`,
  });
}
