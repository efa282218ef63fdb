import { type Composition, compose } from '../../lib/compose/compose.ts';
import type { readSettings } from '../../lib/config/settings.ts';
import { Registry } from '../../lib/define/registry.ts';
import { noTenant, type RunId } from '../../lib/model/ids.ts';
import type { DispatchMessage } from '../../lib/model/message.ts';
import { soleNode } from '../../lib/model/run.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { Queue } from '../../lib/ports/queue.ts';
import { Executor } from '../../lib/worker/executor.ts';
import { Statistics } from '../../lib/worker/statistics.ts';

interface WorkbenchOptions {
  readonly settings?: Parameters<typeof readSettings>[1];
  readonly clock?: Clock;
}

/** The real adapters of a running stack, without what delivers messages: a test hands them over itself. */
export class Workbench {
  readonly composition: Composition;
  readonly #registry: Registry;

  constructor(
    env: Readonly<Record<string, string>>,
    tasks: Record<string, unknown>,
    options: WorkbenchOptions = {},
  ) {
    const composition = compose({ ...env, HOLDFAST_LOG_LEVEL: 'silent' }, options.settings);
    this.composition = { ...composition, ...(options.clock && { clock: options.clock }) };
    this.#registry = Registry.fromModule(tasks);
  }

  get clientPorts() {
    return { ...this.composition, registry: this.#registry };
  }

  executor(workerId: string, over: { clock?: Clock; queue?: Queue } = {}): Executor {
    const ports = { ...this.composition, ...over, registry: this.#registry, workerId };
    return new Executor(ports, new Statistics());
  }

  message(run: { readonly id: string; readonly hash: string }): DispatchMessage {
    return { tenant: noTenant, run: run.id as RunId, node: soleNode, hash: run.hash as never, hop: 0 };
  }

  execute(executor: Executor, run: { readonly id: string; readonly hash: string }) {
    return executor.execute({ message: this.message(run), endsAt: Number.POSITIVE_INFINITY, marginMs: 0 });
  }
}

/** A queue that loses everything. */
export const deafQueue: Queue = { send: async () => [], extend: async () => true, depth: async () => 0 };

/** This machine's clock, some time ahead. */
export function aheadBy(ms: number, clock: Clock): Clock {
  return { now: () => clock.now() + ms, after: (delay, fire, options) => clock.after(delay, fire, options) };
}
