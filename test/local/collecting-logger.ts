import { powertoolsLogger } from '../../lib/compose/powertools-logger.ts';

/** Log lines as they are written, for tests that look at them. */
export function collectingLogger() {
  const lines: string[] = [];
  return { lines, logger: powertoolsLogger({ level: 'debug', write: (line) => lines.push(line) }) };
}
