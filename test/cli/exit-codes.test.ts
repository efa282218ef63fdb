import { expect, it } from 'vitest';
import { exitCodeOf } from '../../lib/cli/exit-codes.ts';

it.each([
  ['UnknownTask', 2],
  ['TenantNotAllowed', 2],
  ['ApiUnreachable', 3],
  ['NotFound', 4],
  ['AlreadyFinished', 5],
  ['TooManyRequests', 5],
  ['TooManyRuns', 5],
  ['RunFailed', 1],
] as const)('%s ends with %i', (code, expected) => expect(exitCodeOf(code)).toBe(expected));
