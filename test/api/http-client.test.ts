import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createHttpClient } from '../../lib/client/http-client.ts';
import type { HttpOptions } from '../../lib/client/http-transport.ts';
import { defineTask } from '../../lib/define/task.ts';
import { defineWorkflow } from '../../lib/define/workflow/define-workflow.ts';
import { HoldfastError } from '../../lib/model/errors.ts';
import type { Clock } from '../../lib/ports/clock.ts';
import { VirtualClock } from '../../lib/testing/virtual-clock.ts';
import { activeRun, failedRun, orderHash, orderShape, succeededRun } from './fake-client.ts';
import { deadUrl, startApp } from './start-app.ts';

type Fetch = NonNullable<HttpOptions['fetch']>;

const url = 'http://127.0.0.1:3000';

/** The HTTP client over the app over a fake client. */
function connect(over: Partial<HttpOptions> = {}) {
  const served = startApp();
  const clock = new VirtualClock();
  const requests: string[] = [];
  const fetch: Fetch = async (to, init) => {
    requests.push(`${init.method} ${to.slice(url.length)}`);
    return served.app.request(to, init);
  };
  return { ...served, clock, requests, http: createHttpClient({ url, fetch, clock, ...over }) };
}

/** Lets time pass until the work is done. */
async function whileTimePasses<T>(clock: VirtualClock, work: Promise<T>): Promise<T> {
  const state = { done: false };
  const finish = () => {
    state.done = true;
  };
  work.then(finish, finish);
  while (!state.done) await clock.advance(10);
  return work;
}

const answering = (status: number, body: string, headers = {}): Fetch => {
  return async () => new Response(body, { status, headers });
};

describe('createHttpClient', () => {
  it('submits with all options and sees whether the run is new', async () => {
    const { http, client } = connect();
    const task = defineTask({ name: 'echo', input: z.object({ a: z.number() }), run: (input) => input });
    const options = {
      idempotencyKey: 'ключ',
      priority: 'low',
      tags: ['eu'],
      delay: '5m',
      timeout: '30s',
      maxAttempts: 2,
      tenant: 'acme',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    } as const;
    const first = await http.submit(task, { a: 1 }, options);
    const again = await http.submit(task, { a: 1 }, options);
    expect([first.created, again.created, again.id]).toEqual([true, false, first.id]);
    const received = { ...options, delay: '300000ms', timeout: '30000ms' };
    expect(client.submitted[0]).toEqual({ task: 'echo', input: { a: 1 }, options: received });
  });

  it('submits workflows to where they belong, and shows definitions', async () => {
    const { http, client, requests } = connect();
    const order = defineWorkflow('order', { input: z.number() })
      .map('double', (n) => n * 2)
      .build();
    const run = await http.submit(order, 3, { priority: 'high' });
    expect(run).toMatchObject({ kind: 'workflow', created: true });
    expect(client.submitted).toEqual([{ task: 'order', input: 3, options: { priority: 'high' } }]);
    expect(await http.definition(orderHash)).toMatchObject({ hash: orderHash, shape: orderShape });
    expect(requests).toEqual(['POST /runs', `GET /definitions/${orderHash}`]);
    await expect(http.definition('nope')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(http.definition('../runs')).rejects.toMatchObject({ code: 'InvalidArgument' });
    await expect(http.submit(order, 3, { timeout: '5s' })).rejects.toMatchObject({ field: 'timeout' });
  });

  it('waits for a workflow without its nodes, and shows them at the end', async () => {
    const { http, client, clock, requests } = connect();
    client.put(activeRun({ kind: 'workflow' }));
    const waiting = http.wait('r1');
    await clock.advance(10);
    client.put(succeededRun(1, { kind: 'workflow', nodes: [] }));
    expect(await whileTimePasses(clock, waiting)).toMatchObject({ status: 'succeeded', nodes: [] });
    expect(requests.at(0)).toBe('GET /runs/r1?nodes=false');
    expect(requests.at(-1)).toBe('GET /runs/r1');
    expect(await http.result('r1')).toBe(1);
    expect(requests.at(-1)).toBe('GET /runs/r1?nodes=false');
  });

  it.each([null, 0, '', false, undefined, { deep: [1] }])('carries the value %j', async (value) => {
    const { http, client } = connect();
    await http.submitByName('echo', value);
    expect(client.submitted[0]?.input).toEqual(value);
    client.put(succeededRun(value, { input: value }));
    const run = await http.get('r1');
    expect(run).toEqual(succeededRun(value, { input: value }));
    expect(run).toHaveProperty('output');
    expect(await http.result('r1')).toEqual(value);
  });

  it.each([
    [new Date(0), 'input'],
    [{ when: [new Date(0)] }, 'input.when.0'],
    [{ list: [1, undefined] }, 'input.list.1'],
    [10n, 'input'],
  ])('refuses what JSON would change: %s', async (input, field) => {
    const { http, requests } = connect();
    await expect(http.submitByName('echo', input)).rejects.toMatchObject({ code: 'NotSerializable', field });
    expect(requests).toEqual([]);
  });

  it('reads, lists, cancels in the tenant of the reference', async () => {
    const { http, client } = connect();
    client.put(activeRun({ tenant: 'acme' }));
    const run = await http.get({ id: 'r1', tenant: 'acme' });
    expect(run).toEqual(activeRun({ tenant: 'acme' }));
    await expect(http.get('r1')).rejects.toMatchObject({ code: 'NotFound', field: 'id' });
    expect(await http.cancel(run, { reason: 'why', mode: 'abort' })).toMatchObject({
      cancel: { mode: 'abort' },
    });
    expect(await http.list({ status: 'ready', limit: 3, tenant: 'acme' })).toEqual({
      runs: [run],
      cursor: 'next',
    });
    expect(client.calls.at(-1)).toEqual(['list', { status: 'ready', limit: 3, tenant: 'acme' }]);
    expect(await http.workers()).toEqual(await client.workers());
  });

  it('turns problems back into the errors that they were', async () => {
    const { http, client } = connect();
    const thrown = new HoldfastError('UnknownTag', 'No pool carries it', {
      field: 'tags',
      hint: 'Use others.',
    });
    client.failure = { thrown };
    const error = await http.submitByName('echo', 1).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(HoldfastError);
    expect(error).toMatchObject({
      code: 'UnknownTag',
      message: thrown.message,
      field: 'tags',
      hint: 'Use others.',
    });
  });

  it('says with which error a run failed', async () => {
    const { http, client } = connect();
    client.put(failedRun());
    await expect(http.result('r1')).rejects.toMatchObject({
      code: 'RunFailed',
      cause: { type: 'TypeError', message: 'no such thing' },
    });
  });
});

describe('waiting over HTTP', () => {
  it('looks again with growing pauses until the run has ended', async () => {
    const { http, client, clock, requests } = connect();
    client.put(activeRun());
    const waiting = http.wait('r1');
    const start = clock.now();
    while (clock.now() < start + 20_000) await clock.advance(10);
    const looks = requests.length;
    // 50 ms, growing by half up to a second: 8 looks in the first 2.5 s, then one a second.
    expect(looks).toBeGreaterThan(15);
    expect(looks).toBeLessThan(40);
    client.put(succeededRun('done'));
    expect(await whileTimePasses(clock, waiting)).toEqual(succeededRun('done'));
  });

  it('gives up after the timeout', async () => {
    const { http, client, clock } = connect();
    client.put(activeRun());
    const waiting = http.wait('r1', { timeout: '1s' });
    await expect(whileTimePasses(clock, waiting)).rejects.toMatchObject({ code: 'WaitTimedOut' });
  });

  it('leaves no timer behind, which would keep the process alive', async () => {
    const served = startApp();
    const pending = new Set<object>();
    const time = new VirtualClock();
    const clock: Clock = {
      now: () => time.now(),
      after: (delay, fire) => {
        const timer = time.after(delay, () => {
          pending.delete(timer);
          fire();
        });
        pending.add(timer);
        const cancel = () => {
          pending.delete(timer);
          timer.cancel();
        };
        return { cancel };
      },
    };
    const http = createHttpClient({ url, clock, fetch: async (to, init) => served.app.request(to, init) });
    served.client.put(activeRun());
    const waiting = http.wait('r1', { timeout: '1h' });
    for (let ticks = 0; ticks < 20; ticks++) await time.advance(10);
    expect(pending.size).toBeGreaterThan(0);
    served.client.put(succeededRun(1));
    await whileTimePasses(time, waiting);
    expect(pending.size).toBe(0);
  });

  it('sees that a run has ended even with a timeout of 0', async () => {
    const { http, client, clock } = connect();
    client.put(succeededRun(1));
    expect(await whileTimePasses(clock, http.wait('r1', { timeout: '0ms' }))).toEqual(succeededRun(1));
  });

  it('ends with the reason of its signal', async () => {
    const { http, client, clock } = connect();
    client.put(activeRun());
    const abort = new AbortController();
    const waiting = http.wait('r1', { signal: abort.signal });
    const reason = new Error('enough');
    await clock.advance(100);
    abort.abort(reason);
    await expect(whileTimePasses(clock, waiting)).rejects.toBe(reason);
  });

  it('outlives an API that is away for a while, but not one that stays away', async () => {
    const state = { away: 0 };
    const served = startApp();
    const clock = new VirtualClock();
    const fetch: Fetch = async (to, init) => {
      if (state.away-- > 0) throw new TypeError('fetch failed');
      return served.app.request(to, init);
    };
    const http = createHttpClient({ url, fetch, clock });
    served.client.put(activeRun());
    const patient = http.wait('r1');
    await clock.advance(10);
    state.away = 5;
    served.client.put(succeededRun('late'));
    expect(await whileTimePasses(clock, patient)).toEqual(succeededRun('late'));

    served.client.put(activeRun());
    state.away = 0;
    const vain = http.wait('r1');
    await clock.advance(10);
    state.away = Number.POSITIVE_INFINITY;
    await expect(whileTimePasses(clock, vain)).rejects.toMatchObject({ code: 'ApiUnreachable' });
  });

  it('does not wait for a run that is not there', async () => {
    const { http, clock, requests } = connect();
    await expect(whileTimePasses(clock, http.wait('r1'))).rejects.toMatchObject({ code: 'NotFound' });
    expect(requests).toHaveLength(1);
  });
});

describe('what does not answer as the API does', () => {
  it.each<[string, Fetch, string]>([
    ['HTML', answering(200, '<html>'), 'ApiProblem'],
    ['another JSON', answering(200, '{"hello":1}'), 'ApiProblem'],
    ['a list', answering(200, '[]'), 'ApiProblem'],
    ['nothing', answering(200, ''), 'ApiProblem'],
    ['a plain 500', answering(500, 'oops'), 'ApiProblem'],
    ['another problem', answering(403, '{"message":"Forbidden"}'), 'ApiProblem'],
    ['a newer code', answering(400, '{"code":"NotYetKnown","detail":"so new"}'), 'ApiProblem'],
    ['a code that is no code', answering(400, '{"code":"constructor","detail":"x"}'), 'ApiProblem'],
    ['a gateway without the API', answering(502, '<html>'), 'ApiUnreachable'],
    ['no network', async () => Promise.reject(new TypeError('fetch failed')), 'ApiUnreachable'],
  ])('%s', async (_what, fetch, code) => {
    const { http } = connect({ fetch });
    await expect(http.get('r1')).rejects.toMatchObject({ name: 'HoldfastError', code });
    await expect(http.list()).rejects.toMatchObject({ code });
    await expect(http.workers()).rejects.toMatchObject({ code });
  });

  it('names what keeps a real socket from opening', async () => {
    const http = createHttpClient({ url: await deadUrl() });
    await expect(http.workers()).rejects.toMatchObject({
      code: 'ApiUnreachable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it.each(['', 'localhost:3000', 'ftp://x', 'http://user:pass@x', 'http://x/?a=1'])('the URL %j', (bad) => {
    expect(() => createHttpClient({ url: bad })).toThrow(
      expect.objectContaining({ code: 'InvalidArgument' }),
    );
  });

  it.each(['..', 'a/b', 'a?b', ''])('the id %j', async (id) => {
    const { http, requests } = connect();
    await expect(http.get(id)).rejects.toMatchObject({ code: 'InvalidArgument', field: 'id' });
    await expect(http.get('r1', { tenant: 'a\nb' })).rejects.toMatchObject({ field: 'tenant' });
    expect(requests).toEqual([]);
  });

  it('keeps a path in the URL and sends its headers', async () => {
    const sent: [string, RequestInit][] = [];
    const fetch: Fetch = async (to, init) => {
      sent.push([to, init]);
      return new Response('{"workers":[]}');
    };
    const http = createHttpClient({
      url: 'https://host/stage/',
      fetch,
      headers: { authorization: 'Bearer x' },
    });
    await http.workers();
    expect(sent[0]?.[0]).toBe('https://host/stage/workers');
    expect(sent[0]?.[1].headers).toMatchObject({ authorization: 'Bearer x' });
  });
});
