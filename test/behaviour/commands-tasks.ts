import { fileURLToPath } from 'node:url';
import { defineCommand } from 'holdfast/commands';

const node = process.execPath;
const fixtures = new URL('../commands/fixtures/', import.meta.url);

/** How `family.js` is called. */
export const family = fileURLToPath(new URL('family.js', fixtures));

export const run = defineCommand({
  name: 'run',
  allow: [node, 'sh'],
  cwd: fixtures,
  inputEnv: ['ATTEMPTS'],
  lease: '3s',
  retry: { maxAttempts: 2, backoff: '1ms' },
});

export const brief = defineCommand({
  name: 'brief',
  allow: [node],
  killGrace: '100ms',
  // Long enough for a family of processes to start on a busy machine.
  timeout: '5s',
  retry: { maxAttempts: 1 },
});

export const missing = defineCommand({
  name: 'missing',
  allow: ['no-such-program'],
  retry: { maxAttempts: 1 },
});
