import { expect, it } from 'vitest';
import { powertoolsLogger } from '../../../lib/compose/powertools-logger.ts';
import type { LogLevel } from '../../../lib/config/log-level.ts';
import { HoldfastError } from '../../../lib/model/errors.ts';

function collect(level: LogLevel, serviceName?: string) {
  const lines: string[] = [];
  const logger = powertoolsLogger({ level, serviceName, write: (line) => lines.push(line) });
  return { logger, parsed: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

it('writes one JSON object a line, with the fields of every logger above it', () => {
  const { logger, parsed } = collect('info', 'my-stack');
  const own = logger.child({ run: 'r1', attempt: 1 }).child({ task: 'echo', attempt: 2 });
  own.info('first', { epoch: 7 });
  logger.warn('second');
  expect(parsed()).toEqual([
    {
      level: 'INFO',
      message: 'first',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      service: 'my-stack',
      run: 'r1',
      task: 'echo',
      attempt: 2,
      epoch: 7,
    },
    { level: 'WARN', message: 'second', timestamp: expect.any(String), service: 'my-stack' },
  ]);
});

it.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
  ['silent', []],
] as const)('at level %s it writes %j', (level, expected) => {
  const { logger, parsed } = collect(level);
  for (const own of ['debug', 'info', 'warn', 'error'] as const) logger[own](own);
  expect(parsed().map(({ message }) => message)).toEqual(expected);
});

it('shows of an error its name, code and message, and its stack only at debug', () => {
  const error = new HoldfastError('StoreUnreachable', 'no store');
  const told = { name: 'HoldfastError', code: 'StoreUnreachable', message: 'no store' };
  const atInfo = collect('info');
  atInfo.logger.warn('w', { error, nested: { error: new RangeError('low') } });
  expect(atInfo.parsed()).toMatchObject([{ error: told, nested: { error: { name: 'RangeError' } } }]);
  expect(atInfo.parsed()[0]?.error).toEqual(told);
  const atDebug = collect('debug');
  atDebug.logger.warn('w', { error });
  expect(atDebug.parsed()).toMatchObject([
    { error: { ...told, stack: expect.stringContaining('no store') } },
  ]);
});
