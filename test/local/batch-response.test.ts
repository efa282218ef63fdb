import { expect, test } from 'vitest';
import { readBatchResponse } from '../../lib/local/batch-response.ts';

const ids = ['a', 'b', 'c'];
const failing = (...named: unknown[]) => ({
  batchItemFailures: named.map((itemIdentifier) => ({ itemIdentifier })),
});

test.each([
  ['null', null],
  ['undefined', undefined],
  ['an empty object', {}],
  ['a null list', { batchItemFailures: null }],
  ['an empty list', { batchItemFailures: [] }],
])('%s means that all succeeded', (_, response) => {
  expect(readBatchResponse(response, ids)).toEqual({ done: ids, failed: [] });
});

test('the messages named have failed, named once or more', () => {
  expect(readBatchResponse(failing('b'), ids)).toEqual({ done: ['a', 'c'], failed: ['b'] });
  expect(readBatchResponse(failing('b', 'b'), ids)).toEqual({ done: ['a', 'c'], failed: ['b'] });
  expect(readBatchResponse(failing(...ids), ids)).toEqual({ done: [], failed: ids });
});

test.each([
  ['an id that is not in the batch', failing('a', 'z')],
  ['an empty id', failing('')],
  ['a null id', failing(null)],
  ['a misspelt key', { batchItemFailures: [{ itemIdentifer: 'a' }] }],
  ['a list of bare ids', { batchItemFailures: ['a'] }],
  ['no list', { batchItemFailures: 'a' }],
  ['a string', 'done'],
  ['a number', 0],
])('%s means that all failed', (_, response) => {
  expect(readBatchResponse(response, ids)).toMatchObject({
    done: [],
    failed: ids,
    malformed: expect.any(String),
  });
});
