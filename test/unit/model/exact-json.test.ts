import { expect, it } from 'vitest';
import { parseExactJson } from '../../../lib/model/exact-json.ts';

const parse = (text: string) => parseExactJson(text, (path) => ['input', ...path].join('.'));

it.each([
  '{"a":[1,2.5,null,"x"]}',
  '9007199254740992',
  '-9007199254740991',
  '[1152921504606846976,0.12345678901234567890,1e20,12345678901234567890.5]',
  '{"9007199254740993":"9007199254740993","b":true,"c":null}',
])('%s is what JSON says', (text) => {
  expect(parse(text)).toEqual(JSON.parse(text));
});

it.each([
  ['9007199254740993', 'input'],
  ['-12345678901234567890', 'input'],
  ['9'.repeat(400), 'input'],
  ['{"a":[1,{"b":null,"c":9007199254740993}],"d":9007199254740995}', 'input.a.1.c'],
])('%s is no number', (text, field) => {
  expect(() => parse(text)).toThrow(
    expect.objectContaining({ code: 'NotSerializable', field, message: expect.stringContaining(field) }),
  );
});

it.each(['', '{', '9007199254740993}'])('%s is no JSON', (text) => {
  expect(() => parse(text)).toThrow(SyntaxError);
});
