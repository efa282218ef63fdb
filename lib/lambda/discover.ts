import { compose } from '../compose/compose.ts';
import { type DiscoveryReport, discover } from '../discovery/discover.ts';
import type { FunctionOptions } from './options.ts';

/** The handler of the scheduled function: tends every run whose time has come. Its event is not read. */
export function createDiscover({ env = process.env }: FunctionOptions = {}): () => Promise<DiscoveryReport> {
  const composition = compose(env);
  return async () => {
    const report = await discover(composition);
    composition.logger.info('discovery tick', { ...report });
    return report;
  };
}
