import { createHttpClient, defineTask, defineWorkflow, type HttpClient, type Run } from 'holdfast';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { type LocalRuntime, startLocal } from '../../lib/local/index.ts';

/* Streams through real sockets, over a real table. */

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
const order = defineWorkflow('order', { input: z.object({ cents: z.int() }) })
  .awaitSignal('approved', { schema: z.object({ by: z.string() }) })
  .step(echo)
  .build();

let runtime: LocalRuntime;
let http: HttpClient;
beforeAll(async () => {
  runtime = await startLocal({ tasks: { echo, order }, port: 0 });
  http = createHttpClient({ url: runtime.url });
});
afterAll(() => runtime.close());

describe('a client that watches a run', () => {
  it('sees each of its states, typed by its workflow, to its end', async () => {
    const run = await http.submit(order, { cents: 5 });
    const states: Run<unknown>[] = [];
    for await (const state of http.watch(run, { timeout: '30s' })) {
      states.push(state);
      if (state.status === 'waiting' && !state.nodes?.some(({ id }) => id === 'echo'))
        await http.signal(run, 'approved', { by: 'me' }, { id: 'once' });
    }
    expect(states[0]).toMatchObject({ id: run.id });
    expect(states.map(({ status }) => status)).toContain('waiting');
    expect(states.at(-1)).toEqual(await http.get(run));
    expect(states.at(-1)).toMatchObject({ status: 'succeeded', output: { by: 'me' } });
    expect(new Set(states.map((state) => JSON.stringify(state))).size).toBe(states.length);
  });

  it('sees that there is none, that it took too long, and that it was interrupted', async () => {
    const first = async (watched: AsyncIterable<Run>) => {
      for await (const run of watched) if ('endedAt' in run) return run;
      return undefined;
    };
    await expect(first(http.watch('nothing'))).rejects.toMatchObject({ code: 'NotFound' });
    await expect(first(http.watch('a b'))).rejects.toMatchObject({ code: 'InvalidArgument' });
    const run = await http.submit(echo, 1, { delay: '1d' });
    await expect(first(http.watch(run, { timeout: '10ms' }))).rejects.toMatchObject({ code: 'WaitTimedOut' });
    const over = new AbortController();
    const interrupted = first(http.watch(run, { signal: over.signal }));
    over.abort(new Error('no longer'));
    await expect(interrupted).rejects.toThrow('no longer');
  });

  it('goes on where its connection was cut', async () => {
    const run = await http.submit(order, { cents: 5 });
    const asked: (string | null)[] = [];
    const cuts: AbortController[] = [];
    const flaky = createHttpClient({
      url: runtime.url,
      fetch: (url, init) => {
        asked.push(new Headers(init.headers).get('last-event-id'));
        const cut = new AbortController();
        cuts.push(cut);
        return fetch(url, {
          ...init,
          signal: AbortSignal.any([cut.signal, ...(init.signal ? [init.signal] : [])]),
        });
      },
    });
    const statuses: string[] = [];
    let cut = false;
    for await (const state of flaky.watch(run, { timeout: '30s' })) {
      statuses.push(state.status);
      if (state.status !== 'waiting' || cut) continue;
      cut = true;
      cuts.at(-1)?.abort();
      await http.signal(run, 'approved', { by: 'me' });
    }
    expect(statuses.at(-1)).toBe('succeeded');
    expect(statuses.filter((status) => status === 'waiting')).toHaveLength(1);
    expect(asked.length).toBeGreaterThan(1);
    expect(asked[0]).toBeNull();
    expect(asked[1]).toMatch(/^[\w-]{22}$/);
  });
});

describe('a client that watches all runs', () => {
  it('sees each that ends, and goes on from the last that it saw', async () => {
    const submitted = await Promise.all([1, 2, 3].map((n) => http.submit(echo, n, { tenant: 'acme' })));
    await Promise.all(submitted.map((run) => http.wait(run, { timeout: '30s' })));
    const over = new AbortController();
    const seen = new Set<string>();
    let last = '';
    for await (const { cursor, run } of http.events({
      tenant: 'acme',
      status: 'succeeded',
      signal: over.signal,
    })) {
      expect(run).toMatchObject({ tenant: 'acme', status: 'succeeded' });
      last = cursor;
      seen.add(run.id);
      if (submitted.every(({ id }) => seen.has(id))) break;
    }
    const missed = await http.submit(echo, 4, { tenant: 'acme' });
    await http.wait(missed, { timeout: '30s' });
    for await (const { run } of http.events({ tenant: 'acme', status: 'succeeded', cursor: last }))
      if (run.id === missed.id) break;
    await expect(http.events({ cursor: 'NO' })[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: 'InvalidArgument',
      field: 'cursor',
    });
  });
});
