import { compose } from '../compose/compose.ts';
import { type DiscoveryReport, discover } from '../discovery/discover.ts';
import type { FunctionOptions } from './options.ts';

/** The handler of the scheduled function: tends every run whose time has come. Its event is not read. */
export function createDiscover({ env = process.env }: FunctionOptions = {}): () => Promise<DiscoveryReport> {
  const composition = compose(env);
  return async () => {
    const report = await discover(composition);
    // Most ticks of most stacks find nothing: only a tick that did something is worth a line of the log.
    const level = report.nominated > 0 || report.failures > 0 ? 'info' : 'debug';
    composition.logger[level]('discovery tick', { ...report });
    composition.metrics.publish({
      RunsNominated: report.nominated,
      DoorbellsSent: report.sent,
      OldestReadySeconds: Math.floor(report.oldestReadyMs / 1_000),
    });
    return report;
  };
}
