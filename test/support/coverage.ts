import v8 from '@vitest/coverage-v8';
import type { CoverageProviderModule } from 'vitest/node';

/**
 * V8's coverage, for all suites but those that play everything that can happen. Counting makes these take half as long
 * again, and what only they reach has no test that says what it should do.
 */
const isCounted = process.env.HOLDFAST_COVERAGE !== 'none';

const coverage: CoverageProviderModule = {
  getProvider: () => v8.getProvider(),
  startCoverage: (options) => (isCounted ? v8.startCoverage?.(options) : undefined),
  takeCoverage: (options) => (isCounted ? v8.takeCoverage?.(options) : undefined),
  stopCoverage: (options) => (isCounted ? v8.stopCoverage?.(options) : undefined),
};
export default coverage;
