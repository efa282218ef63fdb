import type { Shape } from '../model/definition.ts';
import { HoldfastError } from '../model/errors.ts';
import type { DefinitionHash } from '../model/ids.ts';
import { hashOf } from './hash.ts';
import { type AnyTask, isTask } from './task.ts';
import { taskDefinition } from './task-definition.ts';
import { Builder } from './workflow/builder.ts';
import { withChildren } from './workflow/children.ts';
import type { Nodes } from './workflow/node-code.ts';
import { type AnyWorkflow, isWorkflow } from './workflow/workflow.ts';

export type Definition = AnyTask | AnyWorkflow;

/** Of the tasks that come with Holdfast. */
const reservedPrefix = 'holdfast.';

/** A registered task or workflow, both in the one form that is executed. */
export interface Registered {
  readonly definition: Definition;
  readonly name: string;
  readonly hash: DefinitionHash;
  readonly shape: Shape;
  /** The code by path. */
  readonly nodes: Nodes;
}

/** A task or workflow as it is registered. */
export function registeredOf(definition: Definition): Registered {
  const known = registered.get(definition);
  if (known) return known;
  const made = register(definition);
  registered.set(definition, made);
  return made;
}

/** Definitions do not change once they are made. */
const registered = new WeakMap<Definition, Registered>();

function register(definition: Definition): Registered {
  const { name } = definition;
  if (definition.kind === 'workflow') {
    const { hash, nodes, shape } = definition;
    return { definition, name, hash, shape, nodes };
  }
  const { nodes, shape } = taskDefinition(definition);
  return { definition, name, hash: hashOf(shape), shape, nodes };
}

/**
 * The tasks and workflows of one tasks module, by name and by hash. Names from messages and requests are looked up here
 * only.
 */
export class Registry {
  readonly #byName = new Map<string, Registered>();
  readonly #byHash = new Map<DefinitionHash, Registered>();

  /**
   * Registers tasks, and workflows with their tasks and with the workflows they have as children. Of a workflow several
   * versions may be given.
   *
   * @throws HoldfastError `DuplicateName`
   */
  constructor(definitions: readonly Definition[]) {
    const workflows = withChildren(definitions.filter((each) => each.kind === 'workflow'));
    const own = definitions.filter((each) => each.kind === 'task');
    // One task may be exported under two names, and be used by many workflows.
    for (const task of new Set([...own, ...[...workflows].flatMap(tasksOf)])) this.#addTask(task);
    // The highest version last, so that it stays by name and, of versions of one shape, by hash.
    for (const workflow of [...workflows].sort((a, b) => a.version - b.version)) this.#addWorkflow(workflow);
  }

  /**
   * Registers every task and workflow that a module exports; other exports are left alone.
   *
   * @param builtIn tasks that come with Holdfast
   *
   * @throws HoldfastError `NoTasks`, `DuplicateName`, `InvalidWorkflow` for one that was never built
   */
  static fromModule(module: Readonly<Record<string, unknown>>, builtIn: readonly AnyTask[] = []): Registry {
    for (const [name, value] of Object.entries(module)) {
      if (!(value instanceof Builder)) continue;
      throw new HoldfastError(
        'InvalidWorkflow',
        `The export ${name} is an unfinished workflow: end it with .build()`,
        {
          field: name,
        },
      );
    }
    const definitions = Object.values(module).filter((value) => isTask(value) || isWorkflow(value));
    if (definitions.length === 0) {
      throw new HoldfastError('NoTasks', 'The tasks module exports no task and no workflow');
    }
    const reserved = definitions.find(({ name }) => name.startsWith(reservedPrefix));
    if (reserved)
      throw new HoldfastError(
        'InvalidName',
        `${reserved.name}: names that begin with ${reservedPrefix} are taken`,
        {
          field: reserved.name,
        },
      );
    return new Registry([...definitions, ...builtIn]);
  }

  #addTask(task: AnyTask): void {
    if (this.#byName.has(task.name)) throw duplicate(`Two tasks are named ${task.name}`, task.name);
    this.#add(registeredOf(task));
  }

  #addWorkflow(workflow: AnyWorkflow): void {
    const { name, version } = workflow;
    const known = this.#byName.get(name)?.definition;
    if (known?.kind === 'task') throw duplicate(`A task and a workflow are both named ${name}`, name);
    if (known?.version === version) {
      throw duplicate(`Two workflows are named ${name} and have the version ${version}`, name);
    }
    this.#add(registeredOf(workflow));
  }

  #add(registered: Registered): void {
    this.#byName.set(registered.name, registered);
    this.#byHash.set(registered.hash, registered);
  }

  /** The code of a task, also of one that only a workflow uses. */
  task(name: string): AnyTask | undefined {
    const definition = this.#byName.get(name)?.definition;
    return definition?.kind === 'task' ? definition : undefined;
  }

  /** The task or workflow of a name; of several versions the highest. */
  byName(name: string): Registered | undefined {
    return this.#byName.get(name);
  }

  byHash(hash: DefinitionHash): Registered | undefined {
    return this.#byHash.get(hash);
  }

  /**
   * Why a run cannot be executed here: `TaskNotFound` (nothing of this name), `DefinitionMismatch` (the name has
   * another shape here) or `TaskNotImplemented` (a task of it is only declared). Undefined when it can.
   *
   * @param name of the run's definition, where it is known
   */
  obstacle(hash: DefinitionHash, name?: string): HoldfastError | undefined {
    const registered = this.#byHash.get(hash);
    if (registered) return notImplemented(registered);
    if (name !== undefined && this.#byName.has(name)) {
      return new HoldfastError('DefinitionMismatch', `${name} is here, but not in the shape ${hash}`, {
        field: name,
      });
    }
    return new HoldfastError(
      'TaskNotFound',
      `There is no ${name ?? 'definition'} of the shape ${hash} here`,
      {
        field: name,
      },
    );
  }

  /** All tasks, those that only workflows use among them. */
  tasks(): AnyTask[] {
    return [...this.#byName.values()].flatMap(({ definition }) =>
      definition.kind === 'task' ? [definition] : [],
    );
  }

  names(): string[] {
    return [...this.#byName.keys()].sort();
  }

  /** Every definition, of a workflow each shape. */
  all(): Registered[] {
    return [...this.#byHash.values()];
  }
}

function tasksOf({ nodes }: AnyWorkflow): AnyTask[] {
  return [...nodes.values()].flatMap((code) => (code.kind === 'step' ? [code.task] : []));
}

function notImplemented({ name, nodes }: Registered): HoldfastError | undefined {
  for (const [path, code] of nodes) {
    if (code.kind !== 'step' || code.task.run) continue;
    const what = `${name}: task ${code.task.name} of node ${path} is declared, but has no handler here`;
    return new HoldfastError('TaskNotImplemented', what, { field: path });
  }
  return undefined;
}

function duplicate(what: string, name: string): HoldfastError {
  return new HoldfastError('DuplicateName', what, { field: name });
}
