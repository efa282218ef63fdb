import * as fc from 'fast-check';
import { defineTask, defineWorkflow, NonRetryableError } from 'holdfast';
import { afterAll, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { openApiDocument } from '../../lib/api/openapi.ts';
import { canary, fitting, hostileJson, hostileText } from './schema-arbitrary.ts';
import { startSystem } from './start-system.ts';

/*
 * Every operation of the OpenAPI document with requests that are made of its schemas and then spoilt, over the client that
 * works beside the table.
 */

/** Together more than 10,000. */
const requestsPerOperation = 470;
/** Of those that take nothing but a header. */
const requestsOfPlain = 40;

interface Operation {
  readonly operationId: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: { readonly content: Record<string, { readonly schema: Record<string, unknown> }> };
}
const document = openApiDocument() as {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, Record<string, unknown>> };
};
const { schemas } = document.components;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(
    ([method, operation]) => [operation.operationId, { path, method, operation }] as const,
  ),
);

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
const strict = defineTask({
  name: 'strict',
  input: z.strictObject({ n: z.int().min(0) }),
  run: ({ n }) => {
    if (n > 5) throw new NonRetryableError('too much');
    return n;
  },
});
const order = defineWorkflow('order', { input: z.unknown() })
  .awaitSignal('approved', { schema: z.unknown() })
  .build();

/** Runs in every state that people can ask something of. */
async function world() {
  const { app, system } = startSystem({ echo, strict, order });
  const { client } = system;
  const done = await client.submit(echo, 'done');
  const failed = await client.submit(strict, { n: 9 });
  const waiting = await client.submit(order, 1);
  await system.drive();
  const paused = await client.submit(echo, 'paused', { delay: '1d' });
  await client.pause(paused);
  const ready = await client.submit(echo, 'ready', { delay: '1d' });
  const { definitions, history, payloads } = system;
  const puts = [vi.spyOn(definitions, 'put'), vi.spyOn(history, 'put'), vi.spyOn(payloads, 'put')];
  const stored = () =>
    system.runs.writes.length +
    system.queue.sent.length +
    puts.reduce((sum, { mock }) => sum + mock.calls.length, 0);
  const ids = [done, failed, waiting, paused, ready].map(({ id }) => id);
  /** One that is in the state for what is asked of it; those before it may have been taken already. */
  const fresh = async (operationId: string): Promise<string> => {
    const over = operationId === 'retryRun';
    const run = over
      ? await client.submit(strict, { n: 9 })
      : await client.submit(order, 1, operationId === 'signalRun' ? {} : { delay: '1d' });
    if (operationId === 'resumeRun') await client.pause(run);
    if (over) await system.drive();
    return run.id;
  };
  return { app, system, stored, ids, fresh };
}

const asHeader = (value: string) => value.replace(/[^\u0020-\u007e\u00a0-\u00ff]/g, '').trim();

/** Sometimes, or requests would not get far. */
const seldom = <T>(arbitrary: fc.Arbitrary<T>, otherwise: T) =>
  fc.oneof({ weight: 1, arbitrary }, { weight: 4, arbitrary: fc.constant(otherwise) });

/** Parameters by name; most are missing. */
function parametersOf({ parameters = [] }: Operation, place: string) {
  const named = parameters.filter((each) => each.in === place);
  const values = named.map(({ name, schema }) => {
    const good = fitting(schema as Record<string, unknown>, schemas).map(String);
    const given = fc.oneof({ weight: 4, arbitrary: good }, { weight: 1, arbitrary: hostileText });
    return [name, seldom<string | undefined>(given, undefined)] as const;
  });
  return fc.record(Object.fromEntries(values));
}

const takesAnything = ({ parameters = [], requestBody }: Operation): boolean =>
  requestBody !== undefined || parameters.some((each) => each.in !== 'header');

interface Hostile {
  readonly id: number;
  readonly inPath: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  readonly extra: [string, string][];
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

function requestsOf(operation: Operation): fc.Arbitrary<Hostile> {
  const [media] = Object.values(operation.requestBody?.content ?? {});
  const body = media
    ? fc.oneof(
        { weight: 4, arbitrary: hostileJson(media.schema, schemas) },
        { weight: 2, arbitrary: fitting(media.schema, schemas).map((value) => JSON.stringify(value) ?? '') },
        { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 50 }) },
      )
    : fc.constant('');
  return fc.record({
    id: fc.nat({ max: 6 }),
    inPath: hostileText,
    query: parametersOf(operation, 'query'),
    extra: seldom<[string, string][]>(fc.array(fc.tuple(hostileText, hostileText), { maxLength: 1 }), []),
    headers: parametersOf(operation, 'header'),
    body,
  });
}

const tally = { requests: 0, refused: 0 };

describe('a hostile request', () => {
  it.each(operations)(
    'to %s: no 5xx, nothing stored of what is refused, nothing told in the log',
    async (_id, { method, operation, path }) => {
      const { app, fresh, ids, stored, system } = await world();
      const prototype = Object.getOwnPropertyNames(Object.prototype).length;
      const known = path.startsWith('/definitions') ? ['echo', 'strict', 'order'] : ids;
      let accepted = 0;
      const ask = async ({ body, extra, headers, id, inPath, query }: Hostile) => {
        // Two of seven name no run that is there.
        const isFresh = method === 'post' && path.includes('{id}') && id > 3 && id < 6;
        const part = isFresh
          ? await fresh(operation.operationId)
          : (known[id] ?? encodeURIComponent(inPath.toWellFormed()));
        const name = id % 2 === 0 ? 'approved' : encodeURIComponent(inPath.toWellFormed());
        const search = new URLSearchParams([...present(query), ...extra]);
        const url = `${path.replace('{id}', part).replace('{name}', name)}${search.size > 0 ? `?${search}` : ''}`;
        const given = present(headers).map(([of, value]) => [of, asHeader(value)] as [string, string]);
        const before = stored();
        const response = await app.request(url, {
          method: method.toUpperCase(),
          headers: [...given, ['content-type', 'application/json']],
          ...(method === 'post' && { body }),
        });
        tally.requests += 1;
        if (response.status < 400) accepted += 1;
        expect(response.status, await shown(response)).toBeLessThan(500);
        expect(JSON.stringify(system.log)).not.toContain(canary);
        expect(Object.getOwnPropertyNames(Object.prototype)).toHaveLength(prototype);
        if (response.status < 400 || response.headers.get('content-type') === 'application/json') {
          await response.body?.cancel();
          return;
        }
        tally.refused += 1;
        const problem = await response.json();
        expect(problem).toMatchObject({
          code: expect.stringMatching(/^[A-Z]/),
          hint: expect.stringMatching(/\w/),
        });
        if (response.status === 400) expect(problem).toHaveProperty('field');
        // A conflict is seen once the value beside the run is written; that one expires.
        if (response.status !== 409) expect(stored()).toBe(before);
      };
      const numRuns = takesAnything(operation) ? requestsPerOperation : requestsOfPlain;
      await fc.assert(fc.asyncProperty(requestsOf(operation), ask), { numRuns });
      // What fits is taken: spoilt requests alone would not get far.
      expect(accepted).toBeGreaterThan(0);
    },
  );

  afterAll(() => {
    expect(tally.requests).toBeGreaterThan(10_000);
    expect(tally.refused).toBeGreaterThan(tally.requests / 4);
  });
});

const present = (values: Readonly<Record<string, string | undefined>>): [string, string][] =>
  Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  );

/** What the server says of a failure, where there is one. */
async function shown(response: Response): Promise<string> {
  return response.status < 500 ? '' : await response.clone().text();
}
