import { writeSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule } from 'vitest/node';

/**
 * Ends the output with one line for programs: `N passed, N failed`, and `, N skipped` if any were. It is written at the
 * very end of the process, after the coverage report. A file that cannot be loaded and an error outside of any test
 * count as one failure each, so that a broken run never reads as a clean one.
 */
export class CountReporter implements Reporter {
  #line = '0 passed, 1 failed';

  onInit(): void {
    process.once('exit', () => writeSync(1, `${this.#line}\n`));
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        // A test that never came to its end did not pass.
        if (state === 'passed' || state === 'skipped') counts[state] += 1;
        else counts.failed += 1;
      }
      counts.failed += failuresOutsideTests(module);
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    this.#line = `${counts.passed} passed, ${counts.failed} failed${skipped}`;
  }
}

/** Of the file itself and of its suites: errors while loading, in `beforeAll` and in `afterAll`. */
function failuresOutsideTests(module: TestModule): number {
  const suites = [...module.children.allSuites()].filter((suite) => suite.errors().length > 0).length;
  return suites + (module.errors().length > 0 ? 1 : 0);
}
