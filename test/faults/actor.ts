import { AsyncLocalStorage } from 'node:async_hooks';
import { HoldfastError } from '../../lib/model/errors.ts';
import type { Ms } from '../../lib/model/time.ts';
import type { AttemptStore } from '../../lib/ports/attempt-store.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import type { DefinitionStore } from '../../lib/ports/definition-store.ts';
import type { HistoryStore } from '../../lib/ports/history-store.ts';
import type { LimitStore } from '../../lib/ports/limit-store.ts';
import type { PayloadStore } from '../../lib/ports/payload-store.ts';
import type { Queue } from '../../lib/ports/queue.ts';
import type { ResultCache } from '../../lib/ports/result-cache.ts';
import type { RunStore } from '../../lib/ports/run-store.ts';
import type { LeaseLog } from './lease-log.ts';

export const faults = [
  'crash before',
  'crash after',
  'response lost',
  'answer lost and error',
  'throttle',
  'short freeze',
  'freeze',
] as const;
export type Fault = (typeof faults)[number];

/** At which I/O of which actor what happens. I/Os are counted from 1. */
export interface PlannedFault {
  readonly fault: Fault;
  readonly at: number;
}

/** How often a queue that does not say how deep it is can make a difference. */
const depthsHit = 2;

interface Adapters {
  readonly runs: RunStore;
  readonly payloads: PayloadStore;
  readonly attempts: AttemptStore;
  readonly history: HistoryStore;
  readonly definitions: DefinitionStore;
  readonly cache: ResultCache;
  readonly limits: LimitStore;
  readonly queue: Queue;
}

/** The I/Os an actor made, by name and in order: `runs.apply(claim)`. */
export type Trace = string[];

/**
 * One process as the world sees it: its I/Os can be hit by a fault, and when it is dead or frozen neither its timers
 * nor its I/Os go on.
 */
export class Actor {
  readonly trace: Trace = [];
  readonly #clock: Clock;
  readonly #adapters: Adapters;
  readonly #planned: PlannedFault | undefined;
  readonly #leaseMs: Ms;
  readonly #leases: LeaseLog;
  #dead = false;
  #depths = 0;
  #frozenUntil = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, adapters: Adapters, leases: LeaseLog, leaseMs: Ms, planned?: PlannedFault) {
    this.#leases = leases;
    this.#clock = clock;
    this.#adapters = adapters;
    this.#leaseMs = leaseMs;
    this.#planned = planned;
  }

  /** Neither dead nor frozen. */
  get awake(): boolean {
    return !this.#dead && this.#clock.now() >= this.#frozenUntil;
  }

  /** Whether the planned fault was met. */
  get hit(): boolean {
    return this.#planned !== undefined && this.trace.length >= this.#planned.at;
  }

  readonly clock: Clock = {
    now: () => this.#clock.now(),
    after: (delay, fire) => {
      const inContext = AsyncLocalStorage.snapshot();
      return this.#clock.after(delay, () => this.#fire(() => inContext(fire)));
    },
  };

  get runs(): RunStore {
    const { runs } = this.#adapters;
    return {
      create: (creation) =>
        this.#io('runs.create', async () => {
          const created = await runs.create(creation);
          if (created.applied) this.#leases.created(created.run);
          return created;
        }),
      createAll: (creations) =>
        this.#io('runs.createAll', async () => {
          const result = await runs.createAll(creations);
          if (result.created) for (const { run } of creations) this.#leases.created(run);
          return result;
        }),
      apply: async (transition) => {
        // Of the SDK's two tries, whoever sent them learns what became of the second.
        const { answered, applied } = await this.#io(`runs.apply(${transition.name})`, () =>
          this.#leases.send(transition, () => runs.apply(transition)),
        );
        answered();
        return applied;
      },
      applyUnread: (transition) => this.#io('runs.applyUnread', () => runs.applyUnread(transition)),
      get: (key) => this.#io('runs.get', () => runs.get(key)),
      getMany: (keys) => this.#io('runs.getMany', () => runs.getMany(keys)),
      query: (query) => runs.query(query), // sixteen a tick, all alike: hit through getMany
    };
  }

  get payloads(): PayloadStore {
    const { payloads } = this.#adapters;
    return {
      put: (key, name, text, expiresAt) =>
        this.#io('payloads.put', () => payloads.put(key, name, text, expiresAt)),
      get: (key, name) => this.#io('payloads.get', () => payloads.get(key, name)),
      copy: (from, to, expiresAt) => this.#io('payloads.copy', () => payloads.copy(from, to, expiresAt)),
      hasObjects: payloads.hasObjects,
    };
  }

  get attempts(): AttemptStore {
    const { attempts } = this.#adapters;
    return {
      put: (key, record, expiresAt) => this.#io('attempts.put', () => attempts.put(key, record, expiresAt)),
      list: (key, query) => this.#io('attempts.list', () => attempts.list(key, query)),
    };
  }

  get history(): HistoryStore {
    const { history } = this.#adapters;
    return {
      put: (key, name, nodes, expiresAt) =>
        this.#io('history.put', () => history.put(key, name, nodes, expiresAt)),
      list: (key) => this.#io('history.list', () => history.list(key)),
    };
  }

  get definitions(): DefinitionStore {
    const { definitions } = this.#adapters;
    return {
      put: (hash, shape) => this.#io('definitions.put', () => definitions.put(hash, shape)),
      get: (hash) => this.#io('definitions.get', () => definitions.get(hash)),
    };
  }

  get cache(): ResultCache {
    const { cache } = this.#adapters;
    return {
      get: (key, now) => this.#io('cache.get', () => cache.get(key, now)),
      put: (key, text, now, expiresAt) => this.#io('cache.put', () => cache.put(key, text, now, expiresAt)),
    };
  }

  get limits(): LimitStore {
    const { limits } = this.#adapters;
    return {
      read: (limit) => this.#io('limits.read', () => limits.read(limit)),
      write: (limit, slots, expiresAt) =>
        this.#io('limits.write', () => limits.write(limit, slots, expiresAt)),
      renew: (limit, holder, until) => this.#io('limits.renew', () => limits.renew(limit, holder, until)),
      release: (limit, holder) => this.#io('limits.release', () => limits.release(limit, holder)),
      wait: (limit, waiter, expiresAt) =>
        this.#io('limits.wait', () => limits.wait(limit, waiter, expiresAt)),
      waiting: (limit, max) => this.#io('limits.waiting', () => limits.waiting(limit, max)),
      leave: (limit, waiter) => this.#io('limits.leave', () => limits.leave(limit, waiter)),
    };
  }

  get queue(): Queue {
    const { queue } = this.#adapters;
    return {
      // The queue says what it did not take instead of failing.
      send: (all) =>
        all.length === 0
          ? queue.send(all)
          : this.#io(
              'queue.send',
              () => queue.send(all),
              () => all,
            ),
      extend: (receipt, seconds) =>
        this.#io(
          'queue.extend',
          () => queue.extend(receipt, seconds),
          () => false,
        ),
      // Two a tick, all alike.
      depth: (pool) => {
        this.#depths += 1;
        return this.#depths > depthsHit
          ? queue.depth(pool)
          : this.#io('queue.depth', () => queue.depth(pool));
      },
    };
  }

  #fire(fire: () => void): void {
    if (this.#dead) return;
    const left = this.#frozenUntil - this.#clock.now();
    if (left > 0) this.#clock.after(left, () => this.#fire(fire));
    else fire();
  }

  async #io<T>(name: string, work: () => Promise<T>, failed?: () => T): Promise<T> {
    await this.#alive();
    this.trace.push(name);
    const fault = this.#planned?.at === this.trace.length ? this.#planned.fault : undefined;
    const fail = () => {
      if (failed) return failed();
      throw new HoldfastError('StoreUnreachable', `${name} got no answer`);
    };
    switch (fault) {
      case undefined:
        break;
      case 'crash before':
        this.#dead = true;
        return never();
      case 'crash after':
        await work();
        this.#dead = true;
        return never();
      case 'response lost':
        await work(); // and the SDK asks again
        break;
      case 'answer lost and error':
        await work();
        return fail();
      case 'throttle':
        return fail();
      case 'short freeze': // its lease is still its own, but meanwhile others go on
        this.#frozenUntil = this.#clock.now() + this.#leaseMs / 2;
        await this.#alive();
        break;
      case 'freeze':
        this.#frozenUntil = this.#clock.now() + 2 * this.#leaseMs;
        await this.#alive();
        break;
    }
    const answer = await work();
    await this.#alive();
    return answer;
  }

  async #alive(): Promise<void> {
    if (this.#dead) await never();
    const left = this.#frozenUntil - this.#clock.now();
    if (left > 0) await new Promise<void>((resolve) => void this.#clock.after(left, resolve));
  }
}

/** What a dead process waits for. */
const never = () => new Promise<never>(() => {});
