import type { NodeId } from '../model/ids.ts';
import type { LimitKey, LimitRule, Reached, Slots } from '../model/limit.ts';
import type { Dispatch } from '../model/message.ts';
import type { Priority, Run } from '../model/run.ts';
import type { Ms } from '../model/time.ts';
import type { Waiter } from '../ports/limit-store.ts';
import { isReadable } from '../ports/run-store.ts';
import { dispatchOf } from '../protocol/dispatch.ts';
import { freeSlots, noneWaits } from '../protocol/slots.ts';
import { ring } from '../relations/ring.ts';
import type { LimitPorts } from './ports.ts';

/** A waiter is entered again each time it asks, every few minutes. */
const keptMs = 86_400_000;
/** What is looked at for free slots: those that have ended meanwhile are passed over. */
const readMax = 25;
const pagesMax = 20;

/** By how much a priority is ahead of, or behind, those that came at the same time, in aging intervals. */
const headStart: Readonly<Record<Priority, number>> = { high: 1, normal: 0, low: -1 };

/**
 * Enters a node among those that wait for a slot. A slot that was freed before it stood there rang nobody for it, so
 * whether there is one is asked once more.
 *
 * ```
 * A  frees its slot ── reads the waiters: none
 * B     full …………………………… gives way ── enters ── reads the slots: one is free ──▶ rings
 * ```
 */
export async function enterWaiter(
  ports: LimitPorts,
  run: Run,
  { agingMs, limited, node, rule }: { node: NodeId; limited: Reached; rule: LimitRule; agingMs: Ms },
): Promise<void> {
  const priority = run.nodes[node]?.priority ?? run.priority;
  const since = limited.since - headStart[priority] * agingMs;
  const waiter: Waiter = { tenant: run.tenant, run: run.run, node, since };
  try {
    await ports.limits.wait(limited, waiter, ports.clock.now() + keptMs);
    await wakeWaiters(ports, limited, rule, await ports.limits.read(limited));
  } catch (error) {
    ports.logger.warn('not entered among those that wait for a slot: it asks again later', { error });
  }
}

/** Rings as many of those that wait as there are free slots. Once none is left, whoever comes need not wait any more. */
export async function wakeWaiters(
  ports: LimitPorts,
  limit: LimitKey,
  rule: LimitRule,
  slots: Slots | undefined,
): Promise<void> {
  const { clock, limits } = ports;
  const free = freeSlots(slots, rule, clock.now());
  const dispatches: Dispatch[] = [];
  for (let page = 0; free > 0 && page < pagesMax; page += 1) {
    const waiting = await limits.waiting(limit, readMax);
    let looked = 0;
    for (const waiter of waiting) {
      if (dispatches.length >= free) break;
      const dispatch = await dispatchFor(ports, waiter);
      // Whoever takes it out rings it; of one that waits no longer nothing is left.
      if ((await limits.leave(limit, waiter)) && dispatch) dispatches.push(dispatch);
      looked += 1;
    }
    const isEmpty = looked === waiting.length && waiting.length < readMax;
    const next = isEmpty && slots && noneWaits(slots);
    // Refused, if somebody has asked meanwhile: whoever frees the next slot does it.
    if (next) await limits.write(limit, next, clock.now() + keptMs);
    if (isEmpty || dispatches.length > 0) break;
  }
  await ring(ports, dispatches);
}

async function dispatchFor(
  { runs }: LimitPorts,
  { node, run, tenant }: Waiter,
): Promise<Dispatch | undefined> {
  const found = await runs.get({ tenant, run });
  if (!found || !isReadable(found) || found.phase !== 'active' || found.control) return undefined;
  if (found.nodes[node]?.status !== 'ready') return undefined;
  return dispatchOf(found, node, { delayMs: 0, hop: 0 });
}
