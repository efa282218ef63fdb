import pMap from 'p-map';
import { hasAgedLane, type Pools } from '../config/pools.ts';
import type { Settings } from '../config/settings.ts';
import type { Dispatch } from '../model/message.ts';
import { nodesOf, type Run } from '../model/run.ts';
import { type EpochMs, type Ms, toEpochSec } from '../model/time.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { PayloadStore } from '../ports/payload-store.ts';
import type { Queue } from '../ports/queue.ts';
import {
  type IndexEntry,
  isReadable,
  type RunStore,
  shardCount,
  type UnreadableRun,
} from '../ports/run-store.ts';
import { type Look, look, lookAtUnreadable } from '../protocol/look.ts';
import { needsTending, tendRun } from '../relations/tend-run.ts';

export interface DiscoveryPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runs: RunStore;
  readonly payloads: PayloadStore;
  readonly queue: Queue;
  readonly settings: Settings;
  readonly pools: Pools;
}

/** What one tick did. */
export interface DiscoveryReport {
  /** Runs that the index named. */
  readonly nominated: number;
  /** Runs that were tended by a write. */
  readonly tended: number;
  readonly sent: number;
  /** Messages that the queue did not take; the next look sends them again. */
  readonly unsent: number;
  /** Shards or runs that gave an error; they are looked at again in the next tick. */
  readonly failures: number;
  /** How long the longest has waited, of the nodes seen that could be worked on; 0 where there was none. */
  readonly oldestReadyMs: Ms;
}

const readBatch = 100;
const writesAtOnce = 16;

/**
 * One tick: tends every run whose time has come, oldest first, up to the limit. Anything that fails is logged and left
 * to the next tick; one bad item or shard never stops the others.
 */
export async function discover(ports: DiscoveryPorts): Promise<DiscoveryReport> {
  const tick = new Tick(ports);
  await tick.work();
  return tick.report();
}

class Tick {
  readonly #ports: DiscoveryPorts;
  readonly #deep = new Set<string>();
  #nominated = 0;
  #tended = 0;
  #sent = 0;
  #unsent = 0;
  #failures = 0;
  #oldestReadyMs: Ms = 0;

  constructor(ports: DiscoveryPorts) {
    this.#ports = ports;
  }

  report(): DiscoveryReport {
    return {
      nominated: this.#nominated,
      tended: this.#tended,
      sent: this.#sent,
      unsent: this.#unsent,
      failures: this.#failures,
      oldestReadyMs: this.#oldestReadyMs,
    };
  }

  async work(): Promise<void> {
    const [due] = await Promise.all([this.#nominate(), this.#measureQueues()]);
    this.#nominated = due.length;
    for (let from = 0; from < due.length; from += readBatch) {
      await this.#tendBatch(due.slice(from, from + readBatch));
    }
  }

  async #nominate(): Promise<IndexEntry[]> {
    const { clock, runs, settings } = this.#ports;
    const until = clock.now() + settings.discoveryPeriod;
    const perShard = Math.max(1, Math.ceil(settings.discoveryLimit / shardCount));
    const shards = Array.from({ length: shardCount }, (_, shard) => shard);
    const pages = await pMap(shards, async (shard) => {
      const entries: IndexEntry[] = [];
      let cursor: string | undefined;
      do {
        const limit = Math.min(1_000, perShard - entries.length);
        const page = await this.#attempt(`index shard ${shard} not read`, () =>
          runs.query({ phase: 'active', shard, until, limit, ...(cursor === undefined ? {} : { cursor }) }),
        );
        if (!page) break;
        entries.push(...page.entries);
        cursor = page.cursor;
      } while (cursor !== undefined && entries.length < perShard);
      return entries;
    });
    return pages.flat().sort((a, b) => a.at - b.at);
  }

  /** A queue whose depth is not to be had counts as shallow: a doorbell too many is harmless, one too few is not. */
  async #measureQueues(): Promise<void> {
    const { pools, queue, settings } = this.#ports;
    await pMap(Object.keys(pools), async (pool) => {
      const depth = await this.#attempt(`depth of pool ${pool} not read`, () => queue.depth(pool));
      if (depth !== undefined && depth > settings.deepQueue) this.#deep.add(pool);
    });
  }

  async #tendBatch(entries: readonly IndexEntry[]): Promise<void> {
    const { queue, runs } = this.#ports;
    const found = await this.#attempt('due runs not read', () => runs.getMany(entries));
    if (!found) return;
    const dispatches = await pMap(
      found,
      async (run) => (await this.#attempt(`run ${run.run} not tended`, () => this.#tend(run))) ?? [],
      { concurrency: writesAtOnce },
    );
    const all = dispatches.flat();
    if (all.length === 0) return;
    const unsent = await this.#attempt('doorbells not sent', () => queue.send(all));
    this.#unsent += unsent?.length ?? all.length;
    this.#sent += all.length - (unsent?.length ?? all.length);
  }

  async #tend(run: Run | UnreadableRun): Promise<readonly Dispatch[]> {
    const planned = this.#plan(run);
    if (!planned) return [];
    const { clock, runs } = this.#ports;
    if (isReadable(run)) this.#oldestReadyMs = Math.max(this.#oldestReadyMs, readyForMs(run, clock.now()));
    if (!isReadable(run)) {
      if (await runs.applyUnread(planned.transition)) this.#tended += 1;
      return planned.dispatches;
    }
    const applied = await runs.apply(planned.transition);
    if (!applied.applied) return []; // somebody else tended it, or it moved on
    this.#tended += 1;
    if (planned.relations || needsTending(applied.run)) await this.#relate(applied.run, planned.relations);
    return planned.dispatches;
  }

  /** What concerns other runs comes after the write that put the next look off: of two discoveries one does it. */
  async #relate(run: Run, relations: Look['relations']): Promise<void> {
    await this.#attempt(`what run ${run.run} has to do with others not done`, () =>
      tendRun(this.#ports, run, relations),
    );
  }

  #plan(run: Run | UnreadableRun): Look | undefined {
    const { clock, logger, pools, settings } = this.#ports;
    const now = clock.now();
    if (!isReadable(run)) {
      if (run.damage !== undefined) {
        logger.error('damaged run', { code: 'DamagedItem', run: run.run, damage: run.damage });
      } else
        logger.warn('run of a newer version: left to newer workers', { code: 'NewerSchema', run: run.run });
      return lookAtUnreadable(run, now);
    }
    return look(run, {
      now,
      lookaheadMs: settings.discoveryPeriod,
      repeatDoorbells: !this.#deep.has(run.pool),
      expires: toEpochSec(now + settings.retention),
      agesAfterMs: (pool) => (hasAgedLane(pools, pool) ? settings.agingInterval : undefined),
    });
  }

  async #attempt<T>(what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.#failures += 1;
      this.#ports.logger.error(what, { error });
      return undefined;
    }
  }
}

/** How long a node of the run has been ready that nobody has taken; 0 where the run itself is held up. */
function readyForMs(run: Run, now: EpochMs): Ms {
  if (run.phase !== 'active' || run.control || run.waitsFor) return 0;
  const ready = nodesOf(run).filter(([, node]) => node.status === 'ready');
  return Math.max(0, ...ready.map(([, { notBefore }]) => now - notBefore));
}
