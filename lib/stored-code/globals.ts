/*
 * What of the global object stored code finds: the language, and what computes. What reaches beyond the thread is not
 * there: files, processes, the network, other threads, memory that was somebody else's (Buffer gives out what was
 * freed), objects that Node itself calls methods of, and native work that cannot be interrupted. It is a list of what
 * stays: what a later Node adds is not on it.
 */

const language = [
  ...['Object', 'Function', 'Array', 'Number', 'Boolean', 'String', 'Symbol', 'BigInt', 'Date', 'Promise'],
  ...['RegExp', 'JSON', 'Math', 'Intl', 'Map', 'Set', 'WeakMap', 'WeakSet', 'WeakRef', 'Proxy', 'Reflect'],
  ...['FinalizationRegistry', 'Iterator', 'parseFloat', 'parseInt', 'isFinite', 'isNaN', 'globalThis'],
  ...['Infinity', 'NaN', 'undefined', 'eval', 'escape', 'unescape', 'decodeURI', 'decodeURIComponent'],
  ...['encodeURI', 'encodeURIComponent', 'Error', 'AggregateError', 'EvalError', 'RangeError'],
  ...['ReferenceError', 'SyntaxError', 'TypeError', 'URIError', 'SuppressedError', 'DisposableStack'],
  ...['AsyncDisposableStack', 'ArrayBuffer', 'DataView', 'Int8Array', 'Uint8Array', 'Uint8ClampedArray'],
  ...['Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array', 'BigInt64Array', 'BigUint64Array'],
  ...['Float16Array', 'Float32Array', 'Float64Array'],
];
const surroundings = [
  ...['URL', 'URLSearchParams', 'TextEncoder', 'TextDecoder', 'atob', 'btoa', 'DOMException'],
  ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'],
  ...['queueMicrotask', 'structuredClone'],
];
const kept: ReadonlySet<PropertyKey> = new Set([...language, ...surroundings]);

/** Takes everything else off the global object, and puts these there instead. */
export function lockGlobals(instead: Readonly<Record<string, unknown>>): void {
  for (const name of Reflect.ownKeys(globalThis)) {
    if (kept.has(name) || Reflect.deleteProperty(globalThis, name)) continue;
    throw new Error(`the global ${String(name)} cannot be taken away`);
  }
  for (const [name, value] of Object.entries(instead)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  sealIntrinsics();
}

/**
 * Nothing can be added to what all objects inherit from, and nothing there can become a getter: one would be called with
 * whatever object of Node's own lacks a property that Node asks for. Promises stay exactly as they are, because Node
 * awaits them. Values can still be assigned, also to properties that an object only inherits.
 */
function sealIntrinsics(): void {
  // What it is given shows functions of Node's own.
  Object.defineProperty(Error, 'prepareStackTrace', {
    value: undefined,
    writable: false,
    configurable: false,
  });
  const values = Reflect.ownKeys(globalThis).map((name) => Reflect.get(globalThis, name) as unknown);
  const named = values.filter((value) => typeof value === 'function' || isObject(value));
  const all = new Set<object>([...named.filter((value) => value !== globalThis), ...unnamed()] as object[]);
  for (const each of all) {
    Object.seal(each);
    const prototype: unknown = Reflect.get(each, 'prototype');
    if (isObject(prototype)) Object.seal(prototype);
  }
  Object.freeze(Promise);
  Object.freeze(Promise.prototype);
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** What everything of its kind inherits from, and has no name of its own. */
function unnamed(): object[] {
  const functions = [async () => {}, function* () {}, async function* () {}];
  const iterators = [
    [].values(),
    new Map().values(),
    new Set().values(),
    ''.matchAll(/x/g),
    ''[Symbol.iterator](),
  ];
  const direct = [...functions, ...iterators, Int8Array].map((each) => Object.getPrototypeOf(each) as object);
  const generators = functions.slice(1).map((each) => Object.getPrototypeOf(each.prototype) as object);
  const async = generators.map((each) => Object.getPrototypeOf(each) as object);
  return [...direct, ...generators, ...async];
}

/** Of `crypto` what takes no longer than its input is long. */
export function plainCrypto(): object {
  const { crypto } = globalThis;
  const { subtle } = crypto;
  return Object.freeze({
    randomUUID: () => crypto.randomUUID(),
    getRandomValues: (array: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(array),
    subtle: Object.freeze({
      digest: (name: string, data: Uint8Array<ArrayBuffer>) => subtle.digest(name, data),
    }),
  });
}

/** Of `process` what libraries ask for as they load, and nothing of this process. */
export function plainProcess(): object {
  const { version, versions } = process;
  return Object.freeze({
    env: Object.freeze({}),
    argv: Object.freeze([]),
    version,
    versions: Object.freeze({ node: versions.node }),
    platform: 'stored-code',
    nextTick: (work: (...args: unknown[]) => void, ...args: unknown[]) => queueMicrotask(() => work(...args)),
    cwd: () => '/',
    emitWarning: () => {},
  });
}
