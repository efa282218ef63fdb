import { HoldfastError } from '../model/errors.ts';
import type { DefinitionHash } from '../model/ids.ts';
import { hashOf } from './hash.ts';
import type { AnyTask } from './task.ts';

/** A registered task with the hash of its shape. */
export interface Registered {
  readonly task: AnyTask;
  readonly hash: DefinitionHash;
}

/** The tasks of one tasks module, by name and by hash. Names from messages and requests are looked up here only. */
export class Registry {
  readonly #byName = new Map<string, Registered>();
  readonly #byHash = new Map<DefinitionHash, Registered>();

  /** @throws HoldfastError `DuplicateName` */
  constructor(tasks: readonly AnyTask[]) {
    for (const task of tasks) {
      const known = this.#byName.get(task.name);
      if (known?.task === task) continue; // exported twice, under two names
      if (known) {
        throw new HoldfastError('DuplicateName', `Two tasks are named ${task.name}`, { field: task.name });
      }
      const registered = { task, hash: hashOf({ kind: 'task', task: task.name }) };
      this.#byName.set(task.name, registered);
      this.#byHash.set(registered.hash, registered);
    }
  }

  /**
   * Registers every task that a module exports; other exports are left alone.
   *
   * @throws HoldfastError `NoTasks`, `DuplicateName`
   */
  static fromModule(module: Readonly<Record<string, unknown>>): Registry {
    const tasks = Object.values(module).filter(isTask);
    if (tasks.length === 0) throw new HoldfastError('NoTasks', 'The tasks module exports no task');
    return new Registry(tasks);
  }

  byName(name: string): Registered | undefined {
    return this.#byName.get(name);
  }

  byHash(hash: DefinitionHash): Registered | undefined {
    return this.#byHash.get(hash);
  }

  names(): string[] {
    return [...this.#byName.keys()].sort();
  }

  all(): Registered[] {
    return [...this.#byName.values()];
  }
}

function isTask(value: unknown): value is AnyTask {
  return (
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'task' && 'run' in value
  );
}
