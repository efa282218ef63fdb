import * as fc from 'fast-check';

/* Values by the JSON schemas of the OpenAPI document, and what hostile hands make of them. */

type Schema = Readonly<Record<string, unknown>>;
type Components = Readonly<Record<string, Schema>>;

/** In every text that is made up here: it must never be found in a log. */
export const canary = 'canary-5up3r-s3cr3t';

const text = fc.oneof(
  { weight: 3, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constant(canary) },
);
const key = fc.oneof(fc.string({ maxLength: 12 }), fc.constant(canary));
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom<unknown>(null, true, 0, -0, 1e308, ''),
    text,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
})).value;

/** What fits a schema, mostly; patterns that are not understood are left to chance. */
export function fitting(schema: Schema, components: Components, depth = 0): fc.Arbitrary<unknown> {
  const inner = (of: unknown) => fitting(of as Schema, components, depth + 1);
  if (typeof schema.$ref === 'string') return inner(components[schema.$ref.split('/').at(-1) ?? ''] ?? {});
  if (depth > 8) return fc.constant(null);
  if ('const' in schema) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
  const choices = [schema.anyOf, schema.oneOf].find(Array.isArray);
  if (choices) return fc.oneof(...choices.map(inner));
  if (Array.isArray(schema.examples) && schema.type !== 'object') {
    const others = byType({ ...schema, examples: undefined }, inner);
    return fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...schema.examples) },
      { weight: 1, arbitrary: others },
    );
  }
  return byType(schema, inner);
}

function byType(schema: Schema, inner: (of: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const number = (name: string) => (typeof schema[name] === 'number' ? schema[name] : undefined);
  switch (schema.type) {
    case 'object':
      return objectOf(schema, inner);
    case 'array':
      return listOf(inner(schema.items ?? {}), number('minItems') ?? 0);
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({
        min: Math.max(number('minimum') ?? -5, -5),
        max: Math.min(number('maximum') ?? 50, 50),
      });
    case 'number':
      return fc.double({
        min: number('minimum') ?? 0,
        max: Math.min(number('maximum') ?? 1e6, 1e6),
        noNaN: true,
      });
    case 'boolean':
      return fc.boolean();
    default:
      return anything;
  }
}

function objectOf(schema: Schema, inner: (of: unknown) => fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, unknown>);
  const required = new Set(Array.isArray(schema.required) ? schema.required : []);
  if (properties.length === 0)
    return fc.dictionary(key, inner(schema.additionalProperties ?? {}), { maxKeys: 3 });
  const fields = properties.map(([name, of]) => {
    const given = inner(of).map((value) => [[name, value]] as const);
    if (required.has(name)) return given;
    // Few at a time: each of them may be one that does not fit.
    const isUsual = typeof of === 'object' && of !== null && 'examples' in of;
    return fc.oneof(
      { weight: isUsual ? 10 : 1, arbitrary: given },
      { weight: 5, arbitrary: fc.constant([]) },
    );
  });
  return fc.tuple(...fields).map((entries) => Object.fromEntries(entries.flat()));
}

/** Often of one: several must mostly fit each other, too. */
const listOf = (item: fc.Arbitrary<unknown>, minLength: number): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 2, arbitrary: fc.tuple(item) },
    { weight: 1, arbitrary: fc.array(item, { minLength, maxLength: 4 }) },
  );

function textOf({ format, maxLength, minLength, pattern }: Schema): fc.Arbitrary<string> {
  if (format === 'date-time') return fc.constantFrom('2030-01-31T12:00:00Z', '2020-02-29T00:00:00+01:00');
  if (format === 'date') return fc.constantFrom('2030-01-31', '2020-02-29');
  if (typeof pattern === 'string') return fc.constantFrom('a', 'r1', 'A-b_c.9', 'x'.repeat(128));
  const max = Math.min(typeof maxLength === 'number' ? maxLength : 20, 20);
  return fc.string({ minLength: typeof minLength === 'number' ? minLength : 0, maxLength: max });
}

const evilKeys = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'then',
  '~standard',
  '',
  '$ref',
  '\u0000',
];
const evilTexts = [
  canary,
  `${canary}\r\nx-injected: 1`,
  '\u0000',
  '\ud800',
  '../../etc/passwd',
  "' OR 1=1 --",
  '{{jndi:ldap://x}}',
  '#RUN',
  '%00',
  'x'.repeat(5_000),
  '\u202e',
];
const nested = (depth: number): unknown => {
  let value: unknown = canary;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};
const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(...evilTexts),
  fc.constantFrom<unknown>(null, [], {}, true, -1, 0, 1.5, 2 ** 53, -(2 ** 63), [[]], [null]),
  fc.constantFrom(10, 63, 64, 65, 2_000).map(nested),
  anything,
);

/** One place of a value is made hostile: replaced, given a key that it should not have, or taken away. */
const mutations = fc.array(
  fc.record({
    at: fc.nat(),
    how: fc.constantFrom<'replace' | 'add' | 'drop'>('replace', 'add', 'drop'),
    key: fc.oneof(fc.constantFrom(...evilKeys), key),
    value: hostileValue,
  }),
  { minLength: 1, maxLength: 3 },
);

/** As JSON, for `__proto__` as a key of its own survives only there. */
export const hostileJson = (schema: Schema, components: Components): fc.Arbitrary<string> =>
  fc.tuple(fitting(schema, components), mutations).map(([value, changes]) => {
    let json = JSON.stringify(value) ?? 'null';
    for (const change of changes) json = mutate(json, change);
    return json;
  });

interface Mutation {
  readonly at: number;
  readonly how: 'replace' | 'add' | 'drop';
  readonly key: string;
  readonly value: unknown;
}

function mutate(json: string, { at, how, key: name, value }: Mutation): string {
  const places: { readonly of: Record<string, unknown>; readonly key: string }[] = [];
  const root = { value: JSON.parse(json) as unknown };
  const walk = (of: unknown, depth: number): void => {
    if (typeof of !== 'object' || of === null || depth > 12) return;
    for (const each of Object.keys(of)) {
      places.push({ of: of as Record<string, unknown>, key: each });
      walk(Reflect.get(of, each), depth + 1);
    }
  };
  walk(root, 0);
  const place = places[at % places.length];
  if (!place) return json;
  const define = (of: object, of_key: string, given: unknown) =>
    Object.defineProperty(of, of_key, { value: given, enumerable: true, configurable: true, writable: true });
  const inner = place.of[place.key];
  if (how === 'drop' && place.of !== (root as object)) Reflect.deleteProperty(place.of, place.key);
  else if (how === 'add' && typeof inner === 'object' && inner !== null) define(inner, name, value);
  else define(place.of, place.key, value);
  return JSON.stringify(root.value) ?? '';
}

/** A part of a path or query, a header: whatever can be written there. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...evilTexts.filter((each) => each.length < 1_000), ...evilKeys),
  text,
);
