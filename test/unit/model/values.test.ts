import { expect, it } from 'vitest';
import { inlineBytesMax, payloadBytesMax } from '../../../lib/model/payload.ts';
import { isTraceparent } from '../../../lib/model/traceparent.ts';

it('the largest value leaves room in an item of 400 KB, and an inline one in a run', () => {
  expect(payloadBytesMax).toBeLessThan(400 * 1024);
  expect(inlineBytesMax * 16).toBeLessThan(payloadBytesMax);
});

it.each([
  ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', true],
  ['ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', false],
  ['00-00000000000000000000000000000000-b7ad6b7169203331-01', false],
  ['00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01', false],
  ['00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01', false],
  ['', false],
  [undefined, false],
])('%s is a traceparent: %s', (text, is) => expect(isTraceparent(text)).toBe(is));
