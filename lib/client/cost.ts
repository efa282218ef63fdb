import { dollarsOf, totalOf } from '../cost/dollars.ts';
import { baseRegion, pricesAsOf, pricesIn } from '../cost/prices.ts';
import { spentParts, totalUsage } from '../cost/run-cost.ts';
import type { RunKey } from '../model/run.ts';
import type { CostOptions } from './client.ts';
import type { RunCost } from './cost-view.ts';
import { readRun } from './key.ts';
import type { ClientPorts } from './ports.ts';

/** @throws HoldfastError `NotFound`, `UnknownRegion` */
export async function costOf(
  ports: Pick<ClientPorts, 'runs' | 'history'>,
  key: RunKey,
  { region = baseRegion }: CostOptions,
): Promise<RunCost> {
  const prices = pricesIn(region);
  const run = await readRun(ports, key);
  const earlier = run.hasHistory ? await ports.history.list(key) : {};
  const parts = spentParts(run, earlier);
  const usage = totalUsage(parts);
  const byService = dollarsOf(usage, prices);
  return {
    id: run.run,
    region,
    pricesAsOf,
    dollars: totalOf(byService),
    byService,
    usage,
    parts: parts.map((part) => ({ ...part, dollars: totalOf(dollarsOf(part.usage, prices)) })),
    final: run.phase !== 'active' && run.phase !== 'paused' && run.phase !== 'ending',
  };
}
