import { directClient } from '../../client/direct-client.ts';
import type { Ms } from '../../model/time.ts';
import { endOf } from '../relations.ts';
import type { Cloud, Ports } from './cloud.ts';
import { request } from './http.ts';
import { Ledger } from './ledger.ts';
import { Orders } from './orders.ts';
import type { Prng } from './prng.ts';
import { Requests } from './requests.ts';
import { nameOf, type WorkflowName, workflows } from './workflows.ts';

type Act = (ports: Ports) => Promise<unknown>;

/** How often somebody sees to it that nothing waits for people. */
const caretakingMs: Ms = 60_000;

/** Those who submit, ask and look, in the library and over HTTP, each in a process of their own. */
export class People {
  readonly ledger = new Ledger();
  readonly #cloud: Cloud;
  readonly #prng: Prng;
  readonly #orders: Orders;
  readonly #requests: Requests;
  #count = 0;
  #active = 0;

  constructor(cloud: Cloud, prng: Prng) {
    this.#cloud = cloud;
    this.#prng = prng;
    this.#orders = new Orders(prng, this.ledger);
    this.#requests = new Requests(cloud, prng, this.ledger);
  }

  get isBusy(): boolean {
    return this.#active > 0;
  }

  /** Spreads all that they will do over a time. */
  schedule(runs: number, withinMs: Ms): void {
    const prng = this.#prng;
    for (let index = 0; index < runs; index++) {
      this.#scheduleOrder(index, withinMs);
      if (prng.chance(0.2)) this.#at(withinMs, (ports) => this.#cancel(ports));
      if (prng.chance(0.25)) this.#at(withinMs, (ports) => this.#pause(ports));
      const signals = prng.between(0, 2);
      for (let time = 0; time < signals; time++)
        this.#at(2 * withinMs, (ports) => this.#requests.signal(ports));
      if (prng.chance(0.3)) this.#at(2 * withinMs, (ports) => this.#requests.retry(ports));
      if (prng.chance(0.05)) this.#at(2 * withinMs, (ports) => this.#requests.retryAll(ports));
      if (prng.chance(0.2)) this.#at(withinMs, (ports) => this.#look(ports));
      if (prng.chance(0.6)) this.#at(2 * withinMs, (ports) => this.#lookBack(ports));
    }
  }

  /** From now on, whatever waits for people goes on: paused runs, and those that wait for a signal without an end. */
  takeCare(): void {
    for (const run of this.#cloud.table.all()) {
      if (endOf(run) !== undefined) continue;
      const id = run.run;
      if (run.control?.kind === 'pause') this.#now((ports) => this.#requests.resume(ports, id));
      const waits = Object.values(run.nodes).some(
        ({ signal, status }) => status === 'waiting' && signal && signal.until === undefined,
      );
      if (!waits || run.control || run.waitsFor) continue;
      const isSignalled = this.#prng.chance(0.7);
      this.#now((ports) =>
        isSignalled ? this.#requests.signal(ports, id) : this.#requests.cancel(ports, id),
      );
    }
    this.#cloud.timeline.after(caretakingMs, () => this.takeCare());
  }

  #scheduleOrder(index: number, withinMs: Ms): void {
    const { conflict, isRepeatable, submit } = this.#orders.some(index);
    const repeats = isRepeatable ? this.#prng.between(1, 3) : 1;
    for (let time = 0; time < repeats; time++)
      this.#at(withinMs, async (ports) => {
        for (const { id, work } of await submit(ports)) {
          // Its branches come to their waits soon.
          if (nameOf(work) === 'gates') this.#at(10_000, (others) => this.#requests.signalLate(others, id));
        }
      });
    if (conflict && this.#prng.chance(0.3)) this.#at(withinMs, conflict);
  }

  #at(withinMs: Ms, act: Act): void {
    this.#active += 1;
    this.#cloud.timeline.after(this.#prng.between(0, withinMs), () => {
      this.#active -= 1;
      this.#now(act);
    });
  }

  #now(act: Act): void {
    this.#active += 1;
    const ports = this.#cloud.process(`client-${++this.#count}`);
    let isDone = false;
    const done = () => {
      if (!isDone) this.#active -= 1;
      isDone = true;
    };
    ports.sandbox.onDeath(done);
    void act(ports).then(done, done);
  }

  /** Now and then somebody loses patience. */
  async #cancel(ports: Ports): Promise<void> {
    const id = this.#requests.someRun();
    if (id === undefined) return;
    const isRaised = this.#prng.chance(0.6);
    if (isRaised) this.#at(20_000, (others) => this.#requests.cancel(others, id, 'abort'));
    await this.#requests.cancel(ports, id, isRaised ? 'graceful' : undefined);
  }

  async #pause(ports: Ports): Promise<void> {
    const id = this.#requests.someRun();
    if (id === undefined) return;
    const after = this.#prng.fraction();
    if (after < 0.5) this.#at(200_000, (others) => this.#requests.resume(others, id));
    else if (after < 0.7) this.#at(200_000, (others) => this.#requests.cancel(others, id));
    await this.#requests.pause(ports, id);
  }

  async #look(ports: Ports): Promise<void> {
    const client = directClient(ports);
    const known = this.ledger.submitted.at(-1);
    if (known) {
      await client.get(known.id);
      await client.why(known.id);
    }
    await client.list({ limit: 5 });
    await client.workers();
    const answer = await request(ports, `/runs/${known?.id ?? 'none'}`);
    if (answer.status === 500) this.ledger.broken.push(`GET /runs answers ${answer.status}`);
    if (known && 'workflow' in known.work) await this.#draw(ports, known.work.workflow);
  }

  /** At a run whose finished nodes may lie apart. */
  async #lookBack(ports: Ports): Promise<void> {
    const long = this.#requests.someRun(({ hasHistory }) => hasHistory === true);
    if (long === undefined) return;
    // Few runs have such nodes when somebody looks: others look at the same time.
    for (const name of ['a', 'b', 'c']) {
      const other = directClient(this.#cloud.process(`${ports.sandbox.name}-${name}`));
      void other.get(long).catch(() => {});
    }
    await directClient(ports).get(long);
  }

  /** As one does who has the run, but not its code. */
  async #draw({ registry: _, ...ports }: Ports, workflow: WorkflowName): Promise<void> {
    const { hash, shape } = workflows[workflow];
    const drawn = await directClient(ports).definition(hash);
    if (JSON.stringify(drawn.shape.body) !== JSON.stringify(shape.body))
      this.ledger.broken.push(`the definition of ${workflow} is another`);
  }
}
