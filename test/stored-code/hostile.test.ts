import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMessage } from '../../lib/stored-code/read-message.ts';
import { execute } from './execute.ts';

const canary = 'canary-of-this-process';
beforeAll(() => {
  process.env.HOLDFAST_TEST_CANARY = canary;
});
afterAll(() => {
  delete process.env.HOLDFAST_TEST_CANARY;
});

/** What the import of a specifier from lib/main.js gives: its error's code, or `imported`. */
const imports = (specifiers: readonly string[], before = '') => `${before}
  export const main = async () => {
    const all = ${JSON.stringify(specifiers)};
    const results = [];
    for (let i = 0; i < all.length; i += 1) {
      try { await import(all[i]); results[i] = 'imported'; } catch (error) { results[i] = error.code; }
    }
    return results;
  };`;
const code = { 'lib/other.js': 'export {};', 'top.js': 'export {};' };
const run = (main: string) => execute({ ...code, 'lib/main.js': main }, { filePath: 'lib/main.js' });

const foreign = [
  ...['node:fs', 'fs', 'node:fs/promises', 'node:child_process', 'node:worker_threads', 'node:module'],
  ...['node:vm', 'node:process', 'process', 'node:os', 'node:http', 'node:net', 'node:dns', 'node:inspector'],
  ...['node:util', 'node:events', 'node:crypto', 'node:buffer', 'node:assert', 'node:url', 'node:stream'],
  ...['node:sea', 'node:sqlite', 'node:test', 'node:wasi', 'node:v8', 'node:diagnostics_channel'],
  ...['zod', 'holdfast', 'hono', '@aws-sdk/client-dynamodb', '#tasks', 'lib/other.js', 'top.js'],
  ...['../../x.js', '../lib/../top.js', './../top.js', './/other.js', './other.js?x', './other.js#x'],
  ...['./other', './OTHER.js', './%6fther.js', '.%2fother.js', '..%2ftop.js', './other.js\0', '..\\top.js'],
  ...['/etc/passwd', '/lib/other.js', 'file:///etc/passwd', 'file:///lib/other.js', '//x/y.js', 'C:\\x.js'],
  ...['stored-code:///lib/other.js', 'stored-code:lib/other.js', 'data:text/javascript,export default 1'],
  ...['data:application/json,{}', 'blob:nodedata:x', 'http://127.0.0.1/x.js', 'https://x/y.js', ''],
  ...[
    '__proto__',
    'constructor',
    'toString',
    './__proto__',
    'node:path/../fs',
    'node:path/win32',
    'NODE:path',
  ],
];

describe('imports', () => {
  it('that are allowed are those of its own modules, and of what only computes', async () => {
    const own = ['./other.js', '../top.js', './main.js', 'node:path', 'path', 'node:path/posix'];
    expect(await run(imports([...own, 'node:timers/promises']))).toMatchObject({
      value: Array(own.length + 1).fill('imported'),
    });
  });

  it('of anything else are refused, however they are written', async () => {
    const { value } = await run(imports(foreign));
    const refused = foreign.map((specifier) => [specifier, 'ImportNotAllowed']);
    expect(foreign.map((specifier, index) => [specifier, (value as string[])[index]])).toEqual(refused);
  });

  it('of a file that is there on disk are refused, behind a link too', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'stored-code-'));
    const before = process.cwd();
    try {
      await writeFile(join(directory, 'file.js'), 'export const secret = 1;');
      await symlink(join(directory, 'file.js'), join(directory, 'link.js'));
      await symlink('/etc', join(directory, 'etc'));
      const names = ['file.js', 'link.js', 'etc/hostname.js'].flatMap((name) => [
        `./${name}`,
        `../${name}`,
        join(directory, name),
      ]);
      expect(await run(imports(names))).toMatchObject({ value: names.map(() => 'ImportNotAllowed') });
      // Its own module of this name is not that file.
      const own = {
        'main.js': `import './link.js'; export const main = () => globalThis.own;`,
        'link.js': 'globalThis.own = 1;',
      };
      expect(await execute(own)).toMatchObject({ value: 1 });
    } finally {
      process.chdir(before);
      await rm(directory, { recursive: true });
    }
  });

  it.each([
    ['a static import', `import fs from 'node:fs'; export const main = () => fs;`],
    ['an export from it', `export { readFileSync as main } from 'fs';`],
    ['eval', `export const main = () => (0, eval)('import("node:fs")');`],
    ['a function made of text', `export const main = () => new Function('return import("node:fs")')();`],
    [
      'an asynchronous one',
      `export const main = () => (async () => {}).constructor('return import("node:fs")')();`,
    ],
    ['import.meta.resolve', `export const main = () => import.meta.resolve('node:fs');`],
    [
      'a timer',
      `export const main = () => new Promise((done, fail) => setTimeout(() => import('fs').then(done, fail)));`,
    ],
    [
      'what it made of the hooks` language',
      `
      Map.prototype.get = Map.prototype.has = Set.prototype.has = () => true;
      String.prototype.startsWith = String.prototype.includes = RegExp.prototype.test = () => true;
      Object.hasOwn = Object.prototype.hasOwnProperty = Array.prototype.includes = () => true;
      Object.fromEntries = Object.assign = Object.create = () => ({ url: 'node:fs', format: 'builtin', shortCircuit: true });
      Object.freeze = Object.entries = (value) => value;
      Array.prototype[Symbol.iterator] = function* () { yield 'node:fs'; };
      String.prototype.toString = String.prototype.valueOf = () => 'node:path';
      export const main = () => import('node:fs');`,
    ],
    [
      'a specifier that changes its mind',
      `let asked = 0; export const main = () => import({ toString: () => (asked++ ? 'node:fs' : 'nothing') });`,
    ],
  ])('by %s are refused', async (_how, source) => {
    const { error } = (await execute(source)) as { error?: Error };
    expect(error).toMatchObject({ code: 'ImportNotAllowed' });
  });
});

describe('the surroundings', () => {
  it('are the language, and what computes', async () => {
    const { value } = await execute(
      'export const main = () => Reflect.ownKeys(globalThis).map(String).sort()',
    );
    const reaching = [
      ...[
        'require',
        'module',
        'exports',
        '__filename',
        '__dirname',
        'global',
        'Buffer',
        'fetch',
        'WebSocket',
      ],
      ...['EventSource', 'BroadcastChannel', 'MessageChannel', 'MessagePort', 'Worker', 'WebAssembly'],
      ...[
        'SharedArrayBuffer',
        'Atomics',
        'EventTarget',
        'AbortSignal',
        'Blob',
        'ReadableStream',
        'navigator',
      ],
      ...[
        'Performance',
        'performance',
        'PerformanceObserver',
        'Request',
        'Response',
        'Storage',
        'localStorage',
      ],
    ];
    expect((value as string[]).filter((name) => reaching.includes(name))).toEqual([]);
    expect(value).toEqual(expect.arrayContaining(['console', 'crypto', 'process', 'URL', 'setTimeout']));
    expect(value).toMatchInlineSnapshot(`
      [
        "AggregateError",
        "Array",
        "ArrayBuffer",
        "AsyncDisposableStack",
        "BigInt",
        "BigInt64Array",
        "BigUint64Array",
        "Boolean",
        "DOMException",
        "DataView",
        "Date",
        "DisposableStack",
        "Error",
        "EvalError",
        "FinalizationRegistry",
        "Float16Array",
        "Float32Array",
        "Float64Array",
        "Function",
        "Infinity",
        "Int16Array",
        "Int32Array",
        "Int8Array",
        "Intl",
        "Iterator",
        "JSON",
        "Map",
        "Math",
        "NaN",
        "Number",
        "Object",
        "Promise",
        "Proxy",
        "RangeError",
        "ReferenceError",
        "Reflect",
        "RegExp",
        "Set",
        "String",
        "SuppressedError",
        "Symbol",
        "SyntaxError",
        "TextDecoder",
        "TextEncoder",
        "TypeError",
        "URIError",
        "URL",
        "URLSearchParams",
        "Uint16Array",
        "Uint32Array",
        "Uint8Array",
        "Uint8ClampedArray",
        "WeakMap",
        "WeakRef",
        "WeakSet",
        "atob",
        "btoa",
        "clearImmediate",
        "clearInterval",
        "clearTimeout",
        "console",
        "crypto",
        "decodeURI",
        "decodeURIComponent",
        "encodeURI",
        "encodeURIComponent",
        "escape",
        "eval",
        "globalThis",
        "isFinite",
        "isNaN",
        "parseFloat",
        "parseInt",
        "process",
        "queueMicrotask",
        "setImmediate",
        "setInterval",
        "setTimeout",
        "structuredClone",
        "undefined",
        "unescape",
      ]
    `);
  });

  it('have no environment, and nothing of this process', async () => {
    const source = `
      const seen = new Set();
      const walk = (value, depth) => {
        if (depth > 6 || value === null || (typeof value !== 'object' && typeof value !== 'function') || seen.has(value)) return [];
        seen.add(value);
        const texts = [];
        for (const key of Reflect.ownKeys(value)) {
          let inner;
          try { inner = value[key]; } catch { continue; }
          texts.push(String(key), typeof inner === 'string' ? inner : '');
          texts.push(...walk(inner, depth + 1));
        }
        return [...texts, ...walk(Object.getPrototypeOf(value), depth + 1)];
      };
      export const main = (parameters, ctx) => {
        const text = walk(globalThis, 0).concat(walk(ctx, 0), walk(import.meta, 0), walk(new Error('x'), 0), walk(setTimeout(() => {}), 0)).join(' ');
        return [text.includes('canary'), /AWS_|getBuiltinModule|binding|dlopen|mainModule/.exec(text)?.[0] ?? null, process.env.HOLDFAST_TEST_CANARY ?? null, Object.keys(process)];
      };`;
    expect(await execute(source)).toMatchObject({
      value: [
        false,
        null,
        null,
        ['env', 'argv', 'version', 'versions', 'platform', 'nextTick', 'cwd', 'emitWarning'],
      ],
    });
  });

  it.each([
    [
      'a getter for what Node`s objects lack',
      `Object.defineProperty(Object.prototype, 'domain', { get() { return 1; } })`,
    ],
    ['a property for all of them', `'use strict'; Object.prototype.extra = 1`],
    ['a getter in place of a method', `Object.defineProperty(Object.prototype, 'toString', { get() {} })`],
    ['another then', `'use strict'; Promise.prototype.then = 1`],
    ['another constructor of promises', `'use strict'; Promise.prototype.constructor = 1`],
    ['a view of the stack', `'use strict'; Error.prepareStackTrace = () => 1`],
    ['an item of all arrays', `Object.defineProperty(Array.prototype, 0, { get() {} })`],
    ['another prototype of all objects', `Object.setPrototypeOf(Array.prototype, {})`],
  ])('cannot be given %s', async (_what, statement) => {
    expect(await execute(`export const main = () => { ${statement}; }`)).toMatchObject({
      error: { name: 'TypeError' },
    });
  });

  it('leave the language usable', async () => {
    const source = `
      class Mine extends Error { constructor() { super('m'); this.name = 'Mine'; } toString() { return 'own'; } }
      const object = { __proto__: null };
      object.toString = () => 'o';
      const plain = {};
      plain.constructor = 1; plain.toString = () => 'p'; plain.valueOf = () => 2;
      class List extends Array { first() { return this[0]; } }
      const then = { then: (done) => done('thenable') };
      export const main = async () => [
        String(new Mine()), object.toString(), String(plain), plain + 1, List.from([7]).first(), await then,
        [...new Map([[1, 2]])], [3, 1, 2].toSorted(), 'a-b'.replaceAll('-', '+'), structuredClone({ d: [1] }),
        new URL('/b', 'http://a').href, new TextDecoder().decode(new TextEncoder().encode('ü')), atob(btoa('x')),
        crypto.randomUUID().length, new Uint8Array(await crypto.subtle.digest('SHA-256', new Uint8Array(1))).length,
        crypto.getRandomValues(new Uint8Array(4)).length, typeof crypto.subtle.deriveBits,
        await new Promise((done) => setTimeout(done, 1, 'timer')), await new Promise((done) => process.nextTick(done, 'tick')),
        await (async function* () { yield 1; })().next(), Intl.NumberFormat('en').format(1e6),
      ];`;
    expect(await execute(source)).toEqual({
      resources: expect.anything(),
      value: [
        ...[
          'own',
          'o',
          'p',
          3,
          7,
          'thenable',
          [[1, 2]],
          [1, 2, 3],
          'a+b',
          { d: [1] },
          'http://a/b',
          'ü',
          'x',
        ],
        ...[36, 32, 4, 'undefined', 'timer', 'tick', { value: 1, done: false }, '1,000,000'],
      ],
    });
  });
});

describe('what comes back', () => {
  it('changes nothing here', async () => {
    const source = `
      JSON.stringify = () => '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}';
      export const main = () => ({});`;
    const { value } = await execute(source);
    expect(Object.keys(value as object)).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it.each([
    [
      'a result beyond the limit',
      `JSON.stringify = () => '"' + 'x'.repeat(1e6) + '"'; export const main = () => 1;`,
      { code: 'OutputTooLarge' },
    ],
    [
      'a result that is no JSON',
      `JSON.stringify = () => '{'; export const main = () => 1;`,
      { code: 'NotSerializable' },
    ],
    [
      'a result that is no text',
      `JSON.stringify = () => ({ length: 1 }); export const main = () => 1;`,
      { code: 'ThreadEnded' },
    ],
    [
      'an error whose parts are no texts',
      `export const main = () => { throw Object.defineProperty(new Error(), 'message', { get() { throw 1; } }); };`,
      {},
    ],
  ])('is refused where it is %s', async (_what, source, expected) => {
    const { error } = (await execute(source)) as { error?: unknown };
    expect(error).toBeDefined();
    if (typeof error === 'object') expect(error).toMatchObject(expected);
  });

  it.each([
    null,
    undefined,
    'log',
    7,
    [],
    {},
    { type: 'log' },
    { type: 'log', level: 'fatal', message: 'x' },
    { type: 'log', level: 'constructor', message: 'x' },
    { type: 'log', level: 'info', message: { length: 1 } },
    { type: 'variable', name: 3, value: 1 },
    { type: 'result', text: 7 },
    { type: 'thrown', text: {} },
    { type: 'error' },
    { type: 'error', error: { name: 'E', message: 1 } },
    { type: 'error', error: { name: 'E', message: 'm', code: {} } },
    { type: 'error', error: { name: 'E', message: 'm', stack: 1 } },
    { type: '__proto__' },
  ])('is no message: %j', (sent) => {
    expect(readMessage(sent)).toBeUndefined();
  });

  it('is a message where all parts are of their kinds, and the causes of errors stay behind', () => {
    const error = { name: 'E', message: 'm', stack: 's', code: 1, cause: { value: 1 }, captured: undefined };
    expect(readMessage({ type: 'error', error })).toEqual({
      type: 'error',
      error: { ...error, cause: undefined },
    });
    expect(readMessage({ type: 'log', level: 'info', message: 'x', extra: 1 })).toEqual({
      type: 'log',
      level: 'info',
      message: 'x',
      isConsole: false,
    });
  });
});
