import { expect, it } from 'vitest';
import { workerIdOf } from '../../../lib/compose/compose.ts';

const stream = '2026/11/22/[$LATEST]0123456789abcdef0123456789abcdef';

it.each([
  ["the end of a function's log stream", stream, '0123456789abcdef'],
  ['the stream, where an emulator names it otherwise', 'vm-1-gpu', 'vm-1-gpu'],
  ['host and process, anywhere else', undefined, expect.stringMatching(`^.+-${process.pid}$`)],
])('a worker is called by %s', (_, AWS_LAMBDA_LOG_STREAM_NAME, expected) => {
  expect(workerIdOf({ AWS_LAMBDA_LOG_STREAM_NAME })).toEqual(expected);
});
