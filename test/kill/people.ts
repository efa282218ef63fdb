import { setTimeout as pause } from 'node:timers/promises';
import pMap from 'p-map';
import type { LocalRuntime } from '../../lib/local/index.ts';
import type { RunStatus } from '../../lib/model/run.ts';
import { agreed } from './tasks.ts';

const chance = (probability: number) => Math.random() < probability;

/**
 * Agrees to all orders through the API: to some before anybody asks, to the others while they wait, for their child run or
 * for this; to some twice.
 */
export async function signalOrders(runtime: LocalRuntime, orders: readonly string[]): Promise<void> {
  const early = orders.filter(() => chance(0.3));
  await pMap(early, (id) => agree(runtime, id), { concurrency: 4 });
  const left = new Set(orders.filter((id) => !early.includes(id)));
  while (left.size > 0) {
    await pause(500);
    const { runs } = await runtime.client.list({ status: 'waiting', name: 'order', limit: 100 });
    const asking = runs.map(({ id }) => id).filter((id) => left.has(id) && chance(0.3));
    await pMap(asking, (id) => agree(runtime, id), { concurrency: 4 });
    for (const id of asking) left.delete(id);
  }
}

/** The same word twice counts once. */
async function agree({ url }: LocalRuntime, run: string): Promise<void> {
  for (let times = chance(0.2) ? 2 : 1; times > 0; times -= 1) {
    const answer = await fetch(`${url}/runs/${run}/signals/agreed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id: 'agreed', payload: agreed }),
    });
    if (!answer.ok) throw new Error(`signal refused: ${answer.status} ${await answer.text()}`);
  }
}

/** A worker that was killed just after it ended a run leaves what the run owes others to discovery, a minute later. */
const patienceMs = 180_000;

/** How many runs are listed as such; waits for so many. */
export async function listed(
  { client }: LocalRuntime,
  { status, until }: { status: RunStatus; until: number },
): Promise<number> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    let count = 0;
    let cursor: string | undefined;
    do {
      const page = await client.list({ status, limit: 100, ...(cursor !== undefined && { cursor }) });
      count += page.runs.length;
      cursor = page.cursor;
    } while (cursor !== undefined);
    if (count >= until || Date.now() > giveUpAt) return count;
    await pause(1_000);
  }
}
