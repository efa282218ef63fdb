import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { CountReporter } from './test/support/count-reporter.ts';
import { LongestFirst } from './test/support/longest-first.ts';

const nodeMajor = 24;
// With install scripts disabled the pinned Node is missing, and an older one on the PATH would run instead, silently.
if (Number(process.versions.node.split('.')[0]) !== nodeMajor) {
  throw new Error(
    `The tests need Node ${nodeMajor}, this is ${process.version}: run \`npm ci\` with install scripts allowed, then \`npm test\``,
  );
}

// `import 'holdfast'` is lib/index.ts, `#tasks` the example tasks: the sources, without a build before.
const conditions = ['holdfast-source', 'node'];

// They play everything that can happen, millions of times: what they reach is not counted, see test/support/coverage.ts.
const exhaustive = ['model', 'simulation', 'faults'].map((suite) => `test/${suite}/**/*.test.ts`);

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    environment: 'node',
    projects: [
      {
        extends: true,
        test: {
          name: 'usual',
          include: ['test/**/*.test.ts'],
          exclude: exhaustive,
          // Half of the time went into importing the same modules for each file. What a file changes, it puts back.
          isolate: false,
          globalSetup: ['test/support/global-setup.ts'],
        },
      },
      {
        extends: true,
        test: { name: 'exhaustive', include: exhaustive, env: { HOLDFAST_COVERAGE: 'none' } },
      },
    ],
    reporters: ['default', new CountReporter()],
    sequence: { sequencer: LongestFirst },
    // Twice the cores: every other file mostly waits, for leases to end and for processes.
    maxWorkers: 2 * availableParallelism(),
    // Generous: nothing waits for it to pass, and machines are shared.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    coverage: {
      provider: 'custom',
      customProviderModule: './test/support/coverage.ts',
      include: ['lib/**/*.ts'],
      reporter: ['text-summary', 'html'],
      thresholds: {
        'lib/protocol/**': { 100: true },
        'lib/model/**': { 100: true },
        'lib/worker/**': { statements: 90, functions: 90, lines: 90 },
      },
    },
  },
});
