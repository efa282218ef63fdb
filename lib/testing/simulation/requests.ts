import type { Client } from '../../client/client.ts';
import { directClient } from '../../client/direct-client.ts';
import { noTenant, runId } from '../../model/ids.ts';
import type { Run } from '../../model/run.ts';
import type { Ms } from '../../model/time.ts';
import { endOf } from '../relations.ts';
import { isWaiting } from '../waiting.ts';
import type { Cloud, Ports } from './cloud.ts';
import { editOf, workOf } from './edits.ts';
import { post } from './http.ts';
import type { Ledger } from './ledger.ts';
import type { Prng } from './prng.ts';
import { takesSignals } from './workflows.ts';

const modes = ['graceful', 'abort'] as const;
const overHttp = 0.3;
/** A run that was tried again and failed so often is left alone. */
const retriesMax = 3;

const momentMs: Ms = 500;
const momentsMax = 180;

type Mode = (typeof modes)[number];

/** What people ask of runs that are there. */
export class Requests {
  readonly #cloud: Cloud;
  readonly #prng: Prng;
  readonly #ledger: Ledger;
  #signals = 0;

  constructor(cloud: Cloud, prng: Prng, ledger: Ledger) {
    this.#cloud = cloud;
    this.#prng = prng;
    this.#ledger = ledger;
  }

  /** Mostly one that goes on, of those that people submitted or children of theirs; undefined where there is none. */
  someRun(isMeant: (run: Run) => boolean = () => true): string | undefined {
    const all = this.#cloud.table.all().filter(isMeant);
    const live = all.filter((run) => endOf(run) === undefined);
    const runs = live.length > 0 && this.#prng.chance(0.9) ? live : all;
    return runs.length > 0 ? this.#prng.pick(runs).run : undefined;
  }

  async cancel(ports: Ports, id: string, mode: Mode = this.#prng.pick(modes)): Promise<void> {
    const asked = await this.#ask(ports, `${id}/cancel`, { mode }, (client) => client.cancel(id, { mode }));
    if (asked) this.#ledger.cancelled.add(id);
  }

  async pause(ports: Ports, id: string): Promise<void> {
    const mode = this.#prng.pick(modes);
    await this.#ask(ports, `${id}/pause`, { mode }, (client) => client.pause(id, { mode }));
  }

  async resume(ports: Ports, id: string): Promise<void> {
    await this.#ask(ports, `${id}/resume`, {}, (client) => client.resume(id));
  }

  /** Before it is waited for, meanwhile, or too late; now and then under an id that another has had. */
  async signal(ports: Ports, id = this.someRun(({ name }) => takesSignals(name))): Promise<void> {
    if (id === undefined) return;
    const number = ++this.#signals;
    const earlier = this.#ledger.sent.filter((sent) => sent.run === id && sent.id !== undefined);
    const again = earlier.length > 0 && this.#prng.chance(0.3) ? this.#prng.pick(earlier) : undefined;
    const name = this.#prng.chance(0.7) ? `signal-${number}` : undefined;
    const add = again && this.#prng.chance(0.7) ? again.add : number;
    const sent = { run: id, id: again ? again.id : name, add };
    this.#ledger.sent.push(sent);
    const options = sent.id === undefined ? {} : { id: sent.id };
    const taken = await this.#ask(ports, `${id}/signals/go`, { ...options, payload: { add } }, (client) =>
      client.signal(id, 'go', { add }, options),
    );
    if (taken) this.#ledger.taken.push(sent);
  }

  /** Dawdles between looking at the run and writing to it, until one of its nodes has begun to wait. */
  async signalLate(ports: Ports, id: string): Promise<void> {
    const { table, timeline } = this.#cloud;
    const dawdle = (moments: number): void => {
      const run = table.get({ tenant: noTenant, run: runId(id) });
      if (moments === 0 || !run || Object.values(run.nodes).some(isWaiting)) return;
      ports.sandbox.freeze(momentMs);
      timeline.after(momentMs, () => dawdle(moments - 1));
    };
    ports.sandbox.onRead = () => dawdle(momentsMax);
    await this.signal(ports, id);
  }

  /** Has a failed run tried again: as it was, or with another input for what failed. */
  async retry(ports: Ports): Promise<void> {
    const failed = this.#cloud.table.all().filter((run) => canBeRetried(run));
    if (failed.length === 0) return;
    const run = this.#prng.pick(failed);
    const work = await workOf(this.#cloud, run);
    const edited = this.#prng.chance(0.5) ? editOf(run, work, this.#prng.between(50, 53)) : undefined;
    const body = edited ? { input: edited.input } : {};
    const retried = await this.#ask(ports, `${run.run}/retry`, body, (client) => client.retry(run.run, body));
    if (retried) this.#ledger.submitted.push({ id: retried.id, work: edited?.work ?? work, key: undefined });
  }

  async retryAll(ports: Ports): Promise<void> {
    const dryRun = this.#prng.chance(0.5);
    const retried = await directClient(ports).retryAll({ limit: 2 }, { dryRun });
    for (const { id, retry } of retried.runs) {
      const run = this.#cloud.table.all().find((each) => each.run === id);
      if (retry === undefined || !run) continue;
      this.#ledger.submitted.push({ id: retry, work: await workOf(this.#cloud, run), key: undefined });
    }
  }

  /** In the library, or over HTTP. @returns the answer, where it is one of success */
  async #ask<Answer>(
    ports: Ports,
    path: string,
    body: object,
    call: (client: Client) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    if (this.#prng.chance(overHttp)) return await post(ports, `/runs/${path}`, body, this.#ledger.broken);
    return await call(directClient(ports));
  }
}

const canBeRetried = (run: Run): boolean =>
  endOf(run) === 'failed' && !run.failure && !run.run.endsWith(`~${retriesMax}`);
