import { Writable } from 'node:stream';
import { defineTask } from 'holdfast';
import type { LambdaEvent } from 'hono/aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { createApp } from '../../lib/api/app.ts';
import type { EventsOptions, WatchOptions } from '../../lib/client/client.ts';
import { functionUrlHandler } from '../../lib/lambda/function-url.ts';
import { serveApi } from '../../lib/local/api-server.ts';
import { VirtualSystem } from '../support/virtual-system.ts';
import { activeRun } from './fake-client.ts';
import { problemOf, startApp } from './start-app.ts';

/* Streams over the client beside the table, under a clock that the test advances. */

const echo = defineTask({ name: 'echo', input: z.unknown(), run: (input) => input });
const other = defineTask({ name: 'other', input: z.unknown(), run: (input) => input });

function start() {
  const system = new VirtualSystem({ echo, other });
  const { clock, client, registry } = system;
  const { logger } = system.ports();
  const reads = vi.spyOn(system.runs, 'get');
  return {
    system,
    clock,
    client,
    reads,
    app: createApp({ client, tasks: registry, logger, clock }),
  };
}

/** What has come of a stream so far, without waiting for more. */
function reading(response: Response) {
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  const state = { text: '', ended: false };
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const done = (async () => {
    for (;;) {
      const chunk = await reader?.read();
      if (!chunk || chunk.done) break;
      state.text += chunk.value;
    }
    state.ended = true;
  })();
  const events = () =>
    [...state.text.matchAll(/^id: (.+)\ndata: (.+)$/gm)].map(([, id, data]) => ({
      id,
      run: JSON.parse(data ?? ''),
    }));
  return {
    done,
    state,
    events,
    statuses: () => events().map(({ run }) => run.status),
    ids: () => events().map(({ run }) => run.id),
    lastId: () => events().at(-1)?.id ?? '',
    leave: () => reader?.cancel(),
  };
}

afterEach(() => vi.unstubAllGlobals());

describe('GET /runs/{id}/events', () => {
  it('tells each state once, to the end, and then that there is nothing more', async () => {
    const { app, client, clock, system } = start();
    const { id } = await client.submit(echo, { a: 1 });
    const stream = reading(await app.request(`/runs/${id}/events`));
    await clock.advance(1_000);
    expect(stream.state.text).toMatch(/^retry: 1000\n\nevent: run\nid: /);
    await clock.advance(5_000);
    expect(stream.statuses()).toEqual(['ready']);
    await client.pause(id, { by: 'me' });
    await clock.advance(1_000);
    await client.resume(id);
    await clock.advance(1_000);
    await system.drive();
    await clock.advance(1_000);
    await stream.done;
    expect(stream.statuses()).toEqual(['ready', 'paused', 'ready', 'succeeded']);
    expect(stream.events().at(-1)?.run).toEqual(await client.get(id));
    const after = await app.request(`/runs/${id}/events`, { headers: { 'last-event-id': stream.lastId() } });
    expect(after.status).toBe(204);
    const anew = reading(await app.request(`/runs/${id}/events`));
    await anew.done;
    expect(anew.statuses()).toEqual(['succeeded']);
  });

  it('goes on from the event that was seen last', async () => {
    const { app, client, clock, system } = start();
    const { id } = await client.submit(echo, 1);
    const first = reading(await app.request(`/runs/${id}/events`));
    await clock.advance(1_000);
    await first.leave();
    const headers = { 'last-event-id': first.lastId() };
    const second = reading(await app.request(`/runs/${id}/events`, { headers }));
    await clock.advance(5_000);
    expect(second.events()).toEqual([]);
    await system.drive();
    await clock.advance(1_000);
    await second.done;
    expect(second.statuses()).toEqual(['succeeded']);
    const third = reading(
      await app.request(`/runs/${id}/events`, { headers: { 'last-event-id': 'rubbish' } }),
    );
    await third.done;
    expect(third.statuses()).toEqual(['succeeded']);
  });

  it('looks no more than once a second, says every 15 s that it is there, and stops when nobody reads', async () => {
    const { app, client, clock, reads } = start();
    const { id } = await client.submit(echo, 1, { delay: '1d' });
    const stream = reading(await app.request(`/runs/${id}/events`));
    await clock.advance(60_000);
    // The first pauses are shorter.
    expect(reads.mock.calls.length).toBeLessThan(60 + 12);
    expect(stream.state.text.match(/^: still here$/gm)).toHaveLength(4);
    expect(stream.statuses()).toEqual(['ready']);
    await stream.leave();
    await clock.advance(2_000);
    const before = reads.mock.calls.length;
    await clock.advance(600_000);
    expect(reads.mock.calls).toHaveLength(before);
  });

  it('is a problem document where there is nothing to tell of', async () => {
    const { app } = start();
    const unknown = await problemOf(await app.request('/runs/nothing/events'));
    expect(unknown).toMatchObject({ status: 404, code: 'NotFound' });
    const headers = { 'last-event-id': 'x'.repeat(2_049) };
    const long = await problemOf(await app.request('/runs/nothing/events', { headers }));
    expect(long).toMatchObject({ status: 400, field: 'last-event-id' });
    const query = await problemOf(await app.request('/runs/nothing/events?node=a'));
    expect(query).toMatchObject({ status: 400, field: 'node' });
  });

  it('leaves no look behind where only its headers are asked for', async () => {
    const { app, client, clock, reads } = start();
    const { id } = await client.submit(echo, 1, { delay: '1d' });
    expect((await app.request(`/runs/${id}/events`, { method: 'HEAD' })).status).toBe(200);
    expect((await app.request('/events', { method: 'HEAD' })).status).toBe(200);
    const before = reads.mock.calls.length;
    await clock.advance(60_000);
    expect(reads.mock.calls).toHaveLength(before);
  });
});

describe('a reader that goes away', () => {
  it.each(['/runs/r1/events', '/events'])('of %s, is noticed on a real socket', async (path) => {
    const { app, client } = startApp();
    client.put(activeRun());
    const signals: AbortSignal[] = [];
    const { events, watch } = client;
    Object.assign(client, {
      watch: (ref: string, options: WatchOptions = {}) => {
        if (options.signal) signals.push(options.signal);
        return watch(ref, options);
      },
      events: (options: EventsOptions = {}) => {
        if (options.signal) signals.push(options.signal);
        return events(options);
      },
    });
    const server = await serveApi(app, 0);
    try {
      const leaving = new AbortController();
      const response = await fetch(`${server.url}${path}`, { signal: leaving.signal });
      await response.body?.getReader().read();
      expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
      leaving.abort();
      await expect.poll(() => signals.map(({ aborted }) => aborted), { timeout: 10_000 }).toEqual([true]);
    } finally {
      await server.close(AbortSignal.timeout(0));
    }
  });
});

describe('GET /events', () => {
  it('tells of every run that ends, of those that go on as they change, and of no other tenant', async () => {
    const { app, client, clock, system } = start();
    const before = await client.submit(echo, 'before');
    await system.drive();
    await clock.advance(60_000);
    const stream = reading(await app.request('/events'));
    await clock.advance(1_000);
    expect(stream.events()).toEqual([]);
    const [a, b] = [await client.submit(echo, 'a'), await client.submit(other, 'b')];
    await client.submit(echo, 'c', { tenant: 'acme' });
    await clock.advance(2_000);
    expect(stream.ids()).toEqual([a.id, b.id]);
    await system.drive();
    await clock.advance(20_000);
    expect(stream.ids()).toEqual([a.id, b.id, a.id, b.id]);
    expect(stream.statuses()).toEqual(['ready', 'ready', 'succeeded', 'succeeded']);
    expect(stream.ids()).not.toContain(before.id);
    await stream.leave();
  });

  it('loses nothing that ended while nobody read', async () => {
    const { app, client, clock, system } = start();
    const stream = reading(await app.request('/events?status=succeeded'));
    const first = await client.submit(echo, 1);
    await system.drive();
    await clock.advance(3_000);
    expect(stream.ids()).toEqual([first.id]);
    await stream.leave();
    const missed: string[] = [];
    for (let n = 0; n < 250; n += 1) {
      missed.push((await client.submit(echo, n)).id);
      await system.drive();
      await clock.advance(1_000);
    }
    const again = reading(
      await app.request('/events?status=succeeded', { headers: { 'last-event-id': stream.lastId() } }),
    );
    await clock.advance(3_000);
    expect(again.ids()).toEqual(expect.arrayContaining(missed));
    expect(new Set(again.ids()).size).toBe(again.ids().length);
    await again.leave();
    const byQuery = reading(await app.request(`/events?status=succeeded&cursor=${again.lastId()}`));
    await clock.advance(3_000);
    expect(byQuery.ids()).toEqual([]);
    await byQuery.leave();
  });

  it('tells nothing twice to whoever goes on, and never goes back in time', async () => {
    const { app, client, clock, system } = start();
    const all = reading(await app.request('/events'));
    const later = await client.submit(echo, 'later', { delay: '1h' });
    for (let n = 0; n < 5; n += 1) {
      await client.submit(echo, n);
      await system.drive();
      await clock.advance(2_000);
    }
    const told = all.events().map(({ id, run }) => [id, run.id, run.status].join(' '));
    expect(new Set(told).size).toBe(6);
    expect(told).toHaveLength(6);
    await all.leave();
    let last = all.lastId();
    // Each time the stream is cut after its first message.
    for (let cut = 0; cut < 8; cut += 1) {
      const stream = reading(await app.request('/events', { headers: { 'last-event-id': last } }));
      await clock.advance(7_000);
      expect(stream.events()).toEqual([]);
      const next = await client.submit(echo, `after ${cut}`);
      await system.drive();
      await clock.advance(10_000);
      expect(stream.ids()).toEqual([next.id]);
      expect(Number.parseInt(stream.lastId(), 36)).toBeGreaterThanOrEqual(Number.parseInt(last, 36));
      last = stream.lastId();
      await stream.leave();
    }
    expect(clock.now() - Number.parseInt(last, 36)).toBeLessThan(60_000);
    await client.cancel(later);
    const end = reading(await app.request('/events', { headers: { 'last-event-id': last } }));
    await clock.advance(10_000);
    expect(end.ids()).toEqual([later.id]);
    await end.leave();
  });

  it('tells whoever goes on what the index shows late', async () => {
    const { app, client, clock, system } = start();
    const query = system.runs.query.bind(system.runs);
    const stream = reading(await app.request('/events?status=succeeded'));
    await clock.advance(1_000);
    const late = await client.submit(echo, 'late');
    await system.drive();
    const shownAt = clock.now() + 29_000;
    vi.spyOn(system.runs, 'query').mockImplementation(async (given) => {
      const page = await query(given);
      if (clock.now() >= shownAt) return page;
      return { ...page, entries: page.entries.filter(({ run }) => run !== late.id) };
    });
    let last = '';
    for (let n = 0; n < 20; n += 1) {
      await client.submit(echo, n);
      await system.drive();
      await clock.advance(1_000);
    }
    expect(stream.ids()).toHaveLength(20);
    last = stream.lastId();
    await stream.leave();
    await clock.advance(60_000);
    const again = reading(
      await app.request('/events?status=succeeded', { headers: { 'last-event-id': last } }),
    );
    await clock.advance(10_000);
    expect(again.ids()).toEqual([late.id]);
    await again.leave();
  });

  it('asks the index once for many streams', async () => {
    const { app, clock, system } = start();
    const queries = vi.spyOn(system.runs, 'query');
    const streams = await Promise.all(
      Array.from({ length: 20 }, async (_, n) =>
        reading(await app.request('/events', { headers: { 'x-holdfast-tenant': `t${n}` } })),
      ),
    );
    await clock.advance(60_000);
    const perRound = 16 * 6;
    expect(queries.mock.calls.length).toBeLessThan(20 * perRound);
    expect(queries.mock.calls.length).toBeGreaterThan(5 * perRound);
    for (const stream of streams) await stream.leave();
  });

  it('tells what the index shows late, and what was read too early', async () => {
    const { app, client, clock, system } = start();
    const query = system.runs.query.bind(system.runs);
    const queries = vi.spyOn(system.runs, 'query');
    const stream = reading(await app.request('/events?status=succeeded'));
    await clock.advance(1_000);
    const late = await client.submit(echo, 'late');
    await system.drive();
    // For 20 s the index does not know that it has ended.
    const shownAt = clock.now() + 20_000;
    queries.mockImplementation(async (given) => {
      const page = await query(given);
      if (clock.now() >= shownAt) return page;
      return { ...page, entries: page.entries.filter(({ run }) => run !== late.id) };
    });
    const prompt = await client.submit(echo, 'prompt');
    await system.drive();
    await clock.advance(10_000);
    expect(stream.ids()).toEqual([prompt.id]);
    // A replica that lags behind the index: there the run goes on still.
    const getMany = system.runs.getMany.bind(system.runs);
    const stale = { ...(await system.stored(late.id)), phase: 'active' as const, at: clock.now() + 60_000 };
    const lagging = vi
      .spyOn(system.runs, 'getMany')
      .mockImplementation(async (keys) =>
        (await getMany(keys)).map((run) => (run.run === late.id ? stale : run)),
      );
    await clock.advance(12_000);
    expect(stream.ids()).toEqual([prompt.id]);
    lagging.mockRestore();
    await clock.advance(11_000);
    expect(stream.ids()).toEqual([prompt.id, late.id]);
    await stream.leave();
  });

  it('asks ever more seldom while nothing happens, and not at all once nobody reads', async () => {
    const { app, clock, system } = start();
    const queries = vi.spyOn(system.runs, 'query');
    const stream = reading(await app.request('/events'));
    await clock.advance(600_000);
    const perRound = 16 * 6;
    expect(queries.mock.calls.length / perRound).toBeLessThan(600_000 / 10_000 + 10);
    expect(stream.state.text.match(/^: still here$/gm)).toHaveLength(40);
    await stream.leave();
    await clock.advance(10_000);
    const before = queries.mock.calls.length;
    await clock.advance(600_000);
    expect(queries.mock.calls).toHaveLength(before);
  });

  it('filters by name, and refuses what it does not know', async () => {
    const { app, client, clock, system } = start();
    const stream = reading(await app.request('/events?name=other'));
    await client.submit(echo, 1);
    const { id } = await client.submit(other, 1);
    await system.drive();
    await clock.advance(5_000);
    expect(new Set(stream.ids())).toEqual(new Set([id]));
    await stream.leave();
    for (const [query, field] of [
      ['status=lost', 'status'],
      ['cursor=%20', 'cursor'],
      ['cursor=zzzzzzzzz', 'cursor'],
      ['cursor=0.abc', 'cursor'],
      ['nodes=true', 'nodes'],
    ]) {
      expect(await problemOf(await app.request(`/events?${query}`))).toMatchObject({ status: 400, field });
    }
  });

  it('says in the log why a stream was cut', async () => {
    const { app, clock, system } = start();
    const stream = reading(await app.request('/events'));
    await clock.advance(1_000);
    vi.spyOn(system.runs, 'query').mockRejectedValue(new Error('out of reach'));
    await clock.advance(10_000);
    await stream.done;
    expect(system.logged('a stream of events was cut')).toHaveLength(1);
  });
});

describe('on a function', () => {
  const event = (path: string, headers: Record<string, string> = {}) =>
    ({
      version: '2.0',
      routeKey: '$default',
      rawPath: path,
      rawQueryString: '',
      headers: { host: 'a.lambda-url.us-east-1.on.aws', ...headers },
      requestContext: { http: { method: 'GET', path }, domainName: 'a.lambda-url.us-east-1.on.aws' },
      isBase64Encoded: false,
      body: null,
    }) as unknown as LambdaEvent;
  const context = { getRemainingTimeInMillis: () => 30_000 };

  it('streams while its time lasts, and ends by itself before that is over', async () => {
    const { app, client, clock, reads } = start();
    vi.stubGlobal('awslambda', {
      streamifyResponse: (handler: unknown) => handler,
      HttpResponseStream: { from: (stream: Writable) => stream },
    });
    const chunks: string[] = [];
    const stream = new Writable({
      write(chunk, _encoding, done) {
        chunks.push(String(chunk));
        done();
      },
    });
    const { id } = await client.submit(echo, 1, { delay: '1d' });
    const handler = functionUrlHandler(app) as unknown as (
      event: LambdaEvent,
      to: Writable,
      with_: object,
    ) => Promise<void>;
    const over = handler(event(`/runs/${id}/events`), stream, context);
    await clock.advance(27_000);
    expect(stream.writableEnded).toBe(false);
    expect(chunks.join('')).toMatch(/^retry: 1000\n\nevent: run\n[\s\S]*: still here\n\n$/);
    await clock.advance(1_000);
    await over;
    expect(stream.writableEnded).toBe(true);
    const before = reads.mock.calls.length;
    await clock.advance(60_000);
    expect(reads.mock.calls).toHaveLength(before);
  });

  it('answers what has changed at once where nothing can be streamed, and waits for the next change', async () => {
    const { app, client, clock, system } = start();
    const { id } = await client.submit(echo, 1);
    const handler = functionUrlHandler(app);
    const ask = async (headers: Record<string, string>, pass: () => Promise<void>) => {
      const answer = handler(event(`/runs/${id}/events`, headers), context as never);
      await pass();
      const { body, isBase64Encoded } = (await answer) as { body: string; isBase64Encoded: boolean };
      return Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString();
    };
    const first = await ask({}, () => clock.advance(1_000));
    expect(first).toContain('"status":"ready"');
    const [, seen = ''] = /^id: (.*)$/m.exec(first) ?? [];
    const nothing = await ask({ 'last-event-id': seen }, () => clock.advance(28_000));
    expect(nothing).toMatch(/^retry: 1000\n\n: still here\n\n$/);
    const second = await ask({ 'last-event-id': seen }, async () => {
      await clock.advance(5_000);
      await system.drive();
      await clock.advance(2_000);
    });
    expect(second).toContain('"status":"succeeded"');
  });

  it('waits for what is new among all runs, too', async () => {
    const { app, client, clock, system } = start();
    const waiting = await client.submit(echo, 'waiting', { delay: '1h' });
    const handler = functionUrlHandler(app);
    const ask = async (headers: Record<string, string>, pass: () => Promise<unknown>) => {
      const answer = handler(event('/events', headers), context as never);
      await pass();
      const { body, isBase64Encoded } = (await answer) as { body: string; isBase64Encoded: boolean };
      const text = Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').toString();
      const ids = [...text.matchAll(/^id: (.*)$/gm)].map(([, id]) => id ?? '');
      return { runs: [...text.matchAll(/"id":"([^"]+)"/g)].map(([, id]) => id), last: ids.at(-1) ?? '' };
    };
    const end = async (input: string) => {
      const { id } = await client.submit(echo, input);
      await system.drive();
      return id;
    };
    const ended = await end('first');
    const first = await ask({}, () => clock.advance(2_000));
    expect(new Set(first.runs)).toEqual(new Set([waiting.id, ended]));
    const quiet = await ask({ 'last-event-id': first.last }, () => clock.advance(28_000));
    expect(quiet.runs).toEqual([]);
    let next = '';
    const second = await ask({ 'last-event-id': first.last }, async () => {
      await clock.advance(5_000);
      next = await end('second');
      await clock.advance(10_000);
    });
    expect(second.runs).toEqual([next]);
    const third = await ask({ 'last-event-id': second.last }, () => clock.advance(28_000));
    expect(third.runs).toEqual([]);
    // Though nothing was told, it need not look again at what happened to others.
    expect(Number.parseInt(third.last, 36)).toBeGreaterThan(Number.parseInt(second.last, 36));
    const late = await ask({ 'last-event-id': third.last }, async () => {
      await clock.advance(5_000);
      next = await end('third');
      await clock.advance(10_000);
    });
    expect(late.runs).toEqual([next]);
  });
});

describe('the version of a run', () => {
  it('is an ETag: what is known already is 304', async () => {
    const { app, client, system } = start();
    const { id } = await client.submit(echo, 1);
    for (const path of [`/runs/${id}`, `/tasks/${id}`, `/runs/${id}?nodes=false`]) {
      const { headers } = await app.request(path);
      const etag = headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[0-9a-f]{64}"$/);
      expect(headers.get('cache-control')).toBe('private, no-cache');
      const known = await app.request(path, { headers: { 'if-none-match': etag } });
      expect([known.status, await known.text(), known.headers.get('etag')]).toEqual([304, '', etag]);
      const several = await app.request(path, { headers: { 'if-none-match': `"x", W/${etag}` } });
      expect(several.status).toBe(304);
      expect((await app.request(path, { headers: { 'if-none-match': '"x"' } })).status).toBe(200);
    }
    const before = (await app.request(`/runs/${id}`)).headers.get('etag') ?? '';
    await system.drive();
    const after = await app.request(`/runs/${id}`, { headers: { 'if-none-match': before } });
    expect([after.status, await after.json()]).toMatchObject([200, { status: 'succeeded' }]);
    const missing = await app.request('/runs/nothing', { headers: { 'if-none-match': '*' } });
    expect([missing.status, missing.headers.get('cache-control')]).toEqual([404, 'no-store']);
  });
});
