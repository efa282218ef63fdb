import { createApp } from '../../api/app.ts';
import type { SubmitOptions } from '../../client/client.ts';
import { directClient } from '../../client/direct-client.ts';
import { serialize } from '../../model/serialize.ts';
import type { Ms } from '../../model/time.ts';
import type { Cloud, Ports } from './cloud.ts';
import type { Prng } from './prng.ts';
import { type Behaviour, someBehaviour } from './tasks.ts';

/** What somebody was told. */
export interface Submitted {
  readonly id: string;
  readonly task: string;
  readonly input: Behaviour;
  readonly key: string | undefined;
}

interface Order {
  readonly task: 'plain' | 'cached';
  readonly input: Behaviour;
  readonly options: SubmitOptions;
}

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
        const other: Order = { ...order, input: { does: 'return', ms: 1, value: `another ${index}` } };
        this.#at(withinMs, (ports) => this.#submit(ports, other));
      }
      if (this.#prng.chance(0.4)) this.#at(withinMs, (ports) => this.#cancel(ports));
      if (this.#prng.chance(0.2)) this.#at(withinMs, (ports) => this.#look(ports));
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
    return {
      task: prng.chance(0.3) ? 'cached' : 'plain',
      input: someBehaviour(prng),
      options: {
        maxAttempts: prng.between(1, 3),
        ...(delay !== '0ms' && { delay }),
        ...(prng.chance(0.5) && { idempotencyKey: `key-${index}` }),
      },
    };
  }

  async #submit(ports: Ports, order: Order): Promise<void> {
    const { task, input, options } = order;
    const id = this.#prng.chance(0.5)
      ? (await directClient(ports).submitByName(task, input, options)).id
      : await this.#post(ports, '/tasks', { task, input, ...options });
    if (id === undefined) return;
    this.#cloud.trace(`${ports.sandbox.name} was given ${id}`);
    this.submitted.push({ id, task, input, key: options.idempotencyKey });
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
    const app = createApp({ client, tasks: ports.registry, logger: ports.logger });
    const answer = await app.request(`/runs/${known?.id ?? 'none'}`);
    if (answer.status === 500) this.broken.push(`GET /runs answers ${answer.status}`);
  }

  /** The id in the answer, if it is one of success. */
  async #post(ports: Ports, path: string, body: object): Promise<string | undefined> {
    const app = createApp({ client: directClient(ports), tasks: ports.registry, logger: ports.logger });
    const headers = { 'content-type': 'application/json' };
    const answer = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
    if (answer.status === 500) this.broken.push(`POST ${path} answers 500: ${await answer.text()}`);
    if (!answer.ok) return undefined;
    return ((await answer.json()) as { id: string }).id;
  }
}

/** The result that a behaviour can have, as it is stored; undefined where it can have several. */
export function expectedOutput(input: Behaviour): string | undefined {
  if (input.does === 'return') return serialize(input.value, 'output');
  if (input.does === 'page') return serialize(input.pages, 'output');
  return undefined;
}
