import { AsyncLocalStorage } from 'node:async_hooks';
import { createApp } from '../../api/app.ts';
import type { Client, SubmitOptions } from '../../client/client.ts';
import { directClient } from '../../client/direct-client.ts';
import type { Ms } from '../../model/time.ts';
import { type Cloud, type Ports, registry, silent } from './cloud.ts';
import type { Prng } from './prng.ts';
import { type Behaviour, someBehaviour } from './tasks.ts';
import { type Piece, someWork, type WorkflowName, workflows } from './workflows.ts';

/** A task, or a workflow. */
type Work =
  | { readonly task: 'plain' | 'cached'; readonly input: Behaviour }
  | { readonly workflow: WorkflowName; readonly input: Piece };

/** What somebody was told. */
export interface Submitted {
  readonly id: string;
  readonly work: Work;
  readonly key: string | undefined;
}

interface Order {
  readonly work: Work;
  readonly options: SubmitOptions;
}

const workflowsAmong = 0.5;

const delays = ['0ms', '0ms', '0ms', '30s', '5m', '20m'] as const;
const modes = ['graceful', 'abort'] as const;

/** Those who submit, cancel and look, in the library and over HTTP, each in a process of their own. */
export class People {
  readonly submitted: Submitted[] = [];
  readonly broken: string[] = [];
  readonly #cloud: Cloud;
  readonly #prng: Prng;
  #count = 0;
  #active = 0;

  constructor(cloud: Cloud, prng: Prng) {
    this.#cloud = cloud;
    this.#prng = prng;
  }

  get isBusy(): boolean {
    return this.#active > 0;
  }

  /** Spreads all that they will do over a time. */
  schedule(runs: number, withinMs: Ms): void {
    for (let index = 0; index < runs; index++) {
      const order = this.#someOrder(index);
      const repeats = order.options.idempotencyKey === undefined ? 1 : this.#prng.between(1, 3);
      for (let time = 0; time < repeats; time++) this.#at(withinMs, (ports) => this.#submit(ports, order));
      if (order.options.idempotencyKey !== undefined && this.#prng.chance(0.3)) {
        const other: Order = { ...order, work: another(order.work, index) };
        this.#at(withinMs, (ports) => this.#submit(ports, other));
      }
      if (this.#prng.chance(0.4)) this.#at(withinMs, (ports) => this.#cancel(ports));
      if (this.#prng.chance(0.2)) this.#at(withinMs, (ports) => this.#look(ports));
      if (this.#prng.chance(0.6)) this.#at(2 * withinMs, (ports) => this.#lookBack(ports));
    }
  }

  #at(withinMs: Ms, act: (ports: Ports) => Promise<unknown>): void {
    this.#active += 1;
    this.#cloud.timeline.after(this.#prng.between(0, withinMs), () => {
      const ports = this.#cloud.process(`client-${++this.#count}`);
      let isDone = false;
      const done = () => {
        if (!isDone) this.#active -= 1;
        isDone = true;
      };
      ports.sandbox.onDeath(done);
      void act(ports).then(done, done);
    });
  }

  #someOrder(index: number): Order {
    const prng = this.#prng;
    const delay = prng.pick(delays);
    const options = {
      ...(delay !== '0ms' && { delay }),
      ...(prng.chance(0.5) && { idempotencyKey: `key-${index}` }),
    };
    if (prng.chance(workflowsAmong)) return { work: someWork(prng), options };
    const task = prng.chance(0.3) ? 'cached' : 'plain';
    return {
      work: { task, input: someBehaviour(prng) },
      options: { maxAttempts: prng.between(1, 3), ...options },
    };
  }

  async #submit(ports: Ports, order: Order): Promise<void> {
    const { options, work } = order;
    const name = 'task' in work ? work.task : work.workflow;
    const id = this.#prng.chance(0.5)
      ? (await directClient(ports).submitByName(name, work.input, options)).id
      : await this.#post(ports, 'task' in work ? '/tasks' : '/runs', { ...work, ...options });
    if (id === undefined) return;
    this.#cloud.trace(`${ports.sandbox.name} was given ${id}`);
    this.submitted.push({ id, work, key: options.idempotencyKey });
  }

  async #cancel(ports: Ports): Promise<void> {
    if (this.submitted.length === 0) return;
    const known = this.#prng.pick(this.submitted);
    const mode = this.#prng.pick(modes);
    if (this.#prng.chance(0.5)) await directClient(ports).cancel(known.id, { mode });
    else await this.#post(ports, `/tasks/${known.id}/cancel`, { mode });
  }

  async #look(ports: Ports): Promise<void> {
    const client = directClient(ports);
    const known = this.submitted.at(-1);
    if (known) await client.get(known.id);
    await client.list({ limit: 5 });
    await client.workers();
    const answer = await this.#request(ports, `/runs/${known?.id ?? 'none'}`);
    if (answer.status === 500) this.broken.push(`GET /runs answers ${answer.status}`);
    if (known && 'workflow' in known.work) await this.#draw(ports, known.work.workflow);
  }

  /** At a run whose finished nodes may lie apart. */
  async #lookBack(ports: Ports): Promise<void> {
    const long = this.submitted.findLast(({ work }) => 'workflow' in work && work.workflow === 'long');
    if (!long) return;
    // Few runs have such nodes when somebody looks: others look at the same time.
    for (const name of ['a', 'b', 'c']) {
      const other = directClient(this.#cloud.process(`${ports.sandbox.name}-${name}`));
      void other.get(long.id).catch(() => {});
    }
    await directClient(ports).get(long.id);
  }

  /** As one does who has the run, but not its code. */
  async #draw({ registry: _, ...ports }: Ports, workflow: WorkflowName): Promise<void> {
    const { hash, shape } = workflows[workflow];
    const drawn = await directClient(ports).definition(hash);
    if (JSON.stringify(drawn.shape.body) !== JSON.stringify(shape.body))
      this.broken.push(`the definition of ${workflow} is another`);
  }

  /** The id in the answer, if it is one of success. */
  async #post(ports: Ports, path: string, body: object): Promise<string | undefined> {
    const headers = { 'content-type': 'application/json' };
    const answer = await this.#request(ports, path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status === 500) this.broken.push(`POST ${path} answers 500: ${await answer.text()}`);
    if (!answer.ok) return undefined;
    return ((await answer.json()) as { id: string }).id;
  }

  #request(ports: Ports, path: string, request?: RequestInit): Promise<Response> {
    return callers.run(directClient(ports), async () => await app.request(path, request));
  }
}

/** Whose request it is: there is one application for all, because making one takes longer than most histories. */
const callers = new AsyncLocalStorage<Client>();
const caller = (): Client => {
  const client = callers.getStore();
  if (!client) throw new Error('there are no requests of nobody');
  return client;
};
const client = new Proxy({} as Client, {
  get: (_, method) => Reflect.get(caller(), method) as unknown,
});
const app = createApp({ client, tasks: registry, logger: silent });

/** A conflicting order under the same key. */
function another(work: Work, index: number): Work {
  return 'task' in work
    ? { ...work, input: { does: 'return', ms: 1, value: `another ${index}` } }
    : { ...work, input: { ...work.input, n: work.input.n + 100 } };
}
