import { setTimeout as pause } from 'node:timers/promises';
import type { Queue } from '../../lib/ports/queue.ts';
import type { RunStore } from '../../lib/ports/run-store.ts';

/** The same answers, each so many ms later: as from services that are not on the same machine. */
export function farStore(runs: RunStore, ms: number): RunStore {
  const later = laterBy(ms);
  return {
    create: (creation) => later(runs.create(creation)),
    createAll: (creations) => later(runs.createAll(creations)),
    apply: (transition) => later(runs.apply(transition)),
    applyUnread: (transition) => later(runs.applyUnread(transition)),
    get: (key) => later(runs.get(key)),
    getMany: (keys) => later(runs.getMany(keys)),
    query: (query) => later(runs.query(query)),
  };
}

export function farQueue(queue: Queue, ms: number): Queue {
  const later = laterBy(ms);
  return {
    send: (dispatches) => later(queue.send(dispatches)),
    extend: (receipt, visibility) => later(queue.extend(receipt, visibility)),
    depth: (pool) => later(queue.depth(pool)),
  };
}

export const laterBy =
  (ms: number) =>
  async <T>(answer: Promise<T>): Promise<T> => {
    const got = await answer;
    if (ms > 0) await pause(ms);
    return got;
  };
