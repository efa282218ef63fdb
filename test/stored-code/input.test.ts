import { describe, expect, it } from 'vitest';
import { defaultFilePath, storedCodeSchema } from '../../lib/stored-code/input.ts';

const given = (over: object) =>
  storedCodeSchema.safeParse({
    code: { 'main.js': '' },
    filePath: 'main.js',
    functionName: 'main',
    parameters: null,
    ...over,
  });
const problem = (over: object) => {
  const { error } = given(over);
  return error?.issues[0]?.path.map(String).join('.');
};

const hostilePaths = [
  ['leads out', '../main.js'],
  ['leads out in its middle', 'a/../../main.js'],
  ['leads back', 'a/../main.js'],
  ['has a dot', './main.js'],
  ['has a dot in its middle', 'a/./main.js'],
  ['is absolute', '/etc/passwd.js'],
  ['is absolute elsewhere', 'C:\\main.js'],
  ['is absolute elsewhere too', 'C:/main.js'],
  ['has an empty name', 'a//main.js'],
  ['has a NUL', 'main\0.js'],
  ['has a NUL before another end', 'main.txt\0.js'],
  ['is encoded', '%2e%2e/main.js'],
  ['is encoded in its middle', 'a%2f..%2fmain.js'],
  ['has a backslash', '..\\main.js'],
  ['is a URL', 'file:///main.js'],
  ['is a URL of data', 'data:text/javascript,x.js'],
  ['is a module of Node', 'node:fs.js'],
  ['has a query', 'main.js?x.js'],
  ['has a fragment', 'main.js#x.js'],
  ['has a line end', 'main.js\n'],
  ['has a space', ' main.js'],
  ['looks like another dot', '\u2024\u2024/main.js'],
  ['is hidden', '.main.js'],
  ['is of a kind that is not imported', 'main.node'],
  ['has no kind', 'main'],
  ['is CommonJS', 'main.cjs'],
  ['is WebAssembly', 'main.wasm'],
  ['is empty', ''],
  ['is endless', `${'a/'.repeat(100)}main.js`],
  ['is deep', `${'a/'.repeat(17)}main.js`],
] as const;

describe('the paths of stored code', () => {
  it.each(['main.js', 'a/b/c.mjs', 'a-b/c_d.test.ts', '@scope/x.mts', '1.js', 'constructor.js', 'data.json'])(
    '%s is one',
    (path) => {
      expect(given({ code: { 'main.js': '', [path]: '{}' } }).success).toBe(true);
    },
  );

  it.each(hostilePaths)('one that %s is refused: %j', (_what, path) => {
    expect(problem({ code: { 'main.js': '', [path]: '' } })).toBe(`code.${path}`);
    expect(problem({ filePath: path })).toBe('filePath');
  });

  it('one of the modules is where it begins, and no data', () => {
    expect(problem({ filePath: 'other.js' })).toBe('filePath');
    expect(problem({ filePath: 'constructor.js' })).toBe('filePath');
    expect(problem({ code: { 'a.json': '{}' }, filePath: 'a.json' })).toBe('filePath');
  });

  it('there is at least one, and a hundred at most', () => {
    expect(problem({ code: {} })).toBe('code');
    const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`m${index}.js`, '']));
    expect(problem({ code: many, filePath: 'm0.js' })).toBe('code');
    expect(problem({ code: ['main.js'] })).toBe('code');
    expect(problem({ code: { 'main.js': 1 } })).toBe('code.main.js');
    expect(problem({ code: { 'main.js': 'x'.repeat(350_001) } })).toBe('code.main.js');
  });
});

it.each(['', 'a b', 'a.b', '1a', 'a-b', 'a()', 'x'.repeat(65), '__proto__;', 'ünï', 7])(
  'no function is called %j',
  (functionName) => {
    expect(problem({ functionName })).toBe('functionName');
  },
);

it('begins in its only module, or in index, where it does not say so', () => {
  expect(defaultFilePath({ 'lib/a.ts': '', 'b.json': '' })).toBe('lib/a.ts');
  expect(defaultFilePath({ 'a.js': '', 'index.ts': '', 'index.mjs': '' })).toBe('index.mjs');
  expect(defaultFilePath({ 'a.js': '', 'b.js': '' })).toBeUndefined();
  expect(defaultFilePath({ 'b.json': '' })).toBeUndefined();
});
