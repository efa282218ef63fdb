import { jsonLogger } from '../../lib/compose/json-logger.ts';

/** Log lines as they are written, for tests that look at them. */
export function collectingLogger() {
  const lines: string[] = [];
  return { lines, logger: jsonLogger('debug', (line) => lines.push(line)) };
}
